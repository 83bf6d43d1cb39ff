// The explorer: GraphiQL with a field for the access token. The token is kept for this tab only.
"use strict";

const TOKEN = "gelombang.token";

const START = `# Ask with Ctrl+Enter; Ctrl+Space completes.
# What is answered depends on the access token above.
{
  programme { now }
  platforms { code name }
}
`;

// roleOf reads what the token says, to show it. The server alone decides what it is worth.
function roleOf(token) {
  try {
    const claims = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
    return String(claims.role || "").toLowerCase();
  } catch {
    return "not a token";
  }
}

function fetcherFor(token) {
  return GraphiQL.createFetcher({
    url: "/graphql",
    headers: token ? { Authorization: "Bearer " + token } : {},
  });
}

const form = document.getElementById("access");
const field = document.getElementById("token");
const who = document.getElementById("who");
const root = ReactDOM.createRoot(document.getElementById("graphiql"));

function show() {
  const token = sessionStorage.getItem(TOKEN) || "";
  field.value = token;
  who.textContent = token ? roleOf(token) : "anonymous";
  // Another key is another explorer, which asks for the schema anew.
  root.render(React.createElement(GraphiQL, {
    key: token,
    fetcher: fetcherFor(token),
    defaultQuery: START,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN, field.value.trim());
  show();
});

show();
