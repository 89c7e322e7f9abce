<?php
// A worker with a static cache by job, and no job comes twice.
ini_set('memory_limit', -1);
function work(int $job): string
{
    static $done = [];
    return $done[$job] = random_bytes(16384);
}
for ($job = 0;; $job++) {
    work($job);
    usleep(200000);
}
