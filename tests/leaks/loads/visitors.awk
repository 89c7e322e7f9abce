# -v day=SECONDS: counts visitors by address; begins anew each day (0: never).
BEGIN {
    srand(1)
    for (second = 1;; second++) {
        for (i = 0; i < 1000; i++) seen[int(rand() * 1000000000) "/" int(rand() * 65536)]++
        if (day && second % day == 0) split("", seen)
        system("sleep 1")
    }
}
