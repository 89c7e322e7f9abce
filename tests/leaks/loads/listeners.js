// listeners.js SOCKET MILLISECONDS: a server that is asked once in so long. Each request adds a listener, which
// holds the request, and none is ever removed.
const http = require("http");
const bus = new (require("events"))();
bus.setMaxListeners(0);
const server = http.createServer((request, response) => {
    const body = new Array(1000).fill(Math.random());
    bus.on("shutdown", () => request.destroy(body));
    response.end("ok");
});
server.listen(process.argv[2], () =>
    setInterval(() => http.get({ socketPath: process.argv[2] }, (response) => response.resume()), process.argv[3]));
