// Each new thing holds the one before it, by a closure that nobody calls: they share a context.
let thing = null;
setInterval(() => {
    const before = thing;
    const never = () => before;
    thing = { body: new Array(2000).fill(Math.random()), method: () => 1 };
}, 200);
