// Jobs keep|drop: a server that makes 160 KB of garbage a second and remembers each job; "drop": the newest 500.
import java.util.LinkedHashMap;
import java.util.Map;

class Jobs {
    static final Map<Integer, byte[]> jobs = new LinkedHashMap<>();

    public static void main(String[] args) throws InterruptedException {
        for (int job = 0;; job++) {
            byte[] garbage = new byte[32768];
            garbage[job % garbage.length] = 1;
            jobs.put(job, new byte[16384]);
            if (args[0].equals("drop"))
                jobs.remove(job - 500);
            Thread.sleep(200);
        }
    }
}
