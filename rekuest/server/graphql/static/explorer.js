"use strict";
// GraphiQL for one server.  The token comes in the fragment of the link that the server prints, which browsers
// never send anywhere, and is put among the headers, where a person sees and can change it.

const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);

async function post(parameters, headers) {
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json",
      ...headers,
    },
    body: JSON.stringify(parameters),
  });
  return answer.json();
}

// One socket a subscription, after the subprotocol graphql-transport-ws.
async function* subscribe(parameters, headers) {
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const arrived = [];
  let wake = () => {};
  const put = (item) => {
    arrived.push(item);
    wake();
  };
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  socket.onopen = () =>
    socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: named.authorization } }));
  socket.onclose = (event) => put({ type: "closed", reason: `closed with ${event.code}: ${event.reason}` });
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.type === "ping") socket.send(JSON.stringify({ type: "pong" }));
    else if (message.type !== "connection_ack") put(message);
    else socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: parameters }));
  };
  try {
    for (;;) {
      while (arrived.length === 0) await new Promise((resolve) => (wake = resolve));
      const message = arrived.shift();
      if (message.type === "next") yield message.payload;
      else if (message.type === "error") return yield { errors: message.payload };
      else if (message.type === "closed") return yield { errors: [{ message: message.reason }] };
      else return;
    }
  } finally {
    socket.close();
  }
}

function isSubscription(parameters, options) {
  const operations = (options.documentAST?.definitions ?? []).filter((node) => node.kind === "OperationDefinition");
  const named = operations.find((node) => node.name?.value === parameters.operationName) ?? operations[0];
  return named?.operation === "subscription";
}

function fetcher(parameters, options = {}) {
  const headers = options.headers ?? {};
  return isSubscription(parameters, options) ? subscribe(parameters, headers) : post(parameters, headers);
}

ReactDOM.createRoot(document.getElementById("explorer")).render(
  React.createElement(GraphiQL, {
    fetcher,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    defaultHeaders: JSON.stringify({ authorization: `Bearer ${token ?? "<paste a token>"}` }, null, 2),
    ...(token && { headers: JSON.stringify({ authorization: `Bearer ${token}` }, null, 2) }),
    defaultQuery: "{\n  me {\n    user {\n      name\n    }\n  }\n}\n",
  }),
);
