package viewer

// Who may, at the end of a refusal: "your role does not allow you to …" and then one of these.
const (
	OfficersMay    = ": an officer, a supervisor or an administrator may"
	SupervisorsMay = ": a supervisor or an administrator may"
	ApproversMay   = ": a supervisor or an administrator other than the one who prepared the list may"
	AdminsMay      = ": an administrator may"
	AnalystsMay    = ": an analyst, an officer, a supervisor or an administrator may"
)
