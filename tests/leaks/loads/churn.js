// Makes garbage of which some lives for half a minute: young and old generations come and go.
const kept = [];
setInterval(() => {
    for (let i = 0; i < 20; i++) kept.push({ at: Date.now(), body: new Array(200).fill(Math.random()) });
    while (kept.length > 0 && kept[0].at < Date.now() - 30000) kept.shift();
}, 200);
