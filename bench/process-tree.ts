import { readdirSync, readFileSync } from "node:fs";

const SAMPLE_MS = 50; // VmHWM keeps a process's peak, so only what it grew in its last 50 ms can be missed.
const PROCESSES_MAX = 1000;
const TICKS_PER_SECOND = 100; // USER_HZ, the unit of /proc/<pid>/stat on every Linux.

/** Watches the memory of a process's descendants. */
export interface MemoryWatch {
  /** Ends it. @returns the largest sum of VmHWM of descendants alive at once; undefined where there is no /proc */
  stop(): number | undefined;
}

export const watchMemory = (root: number): MemoryWatch => {
  let peakBytes: number | undefined;
  const sample = () => {
    const bytes = descendantsOf(root).reduce((sum, pid) => sum + highWaterBytes(pid), 0);
    if (bytes > 0) peakBytes = Math.max(peakBytes ?? 0, bytes);
  };
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return peakBytes;
    },
  };
};

const descendantsOf = (root: number): readonly number[] => {
  const found: number[] = [];
  const waiting = [root];
  for (let pid = waiting.pop(); pid !== undefined && found.length < PROCESSES_MAX; pid = waiting.pop()) {
    for (const thread of listed(`/proc/${pid}/task`)) {
      const children = textOf(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number);
      found.push(...children);
      waiting.push(...children);
    }
  }
  return found;
};

const highWaterBytes = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;

/** CPU seconds of a process and of all its children that have ended; undefined where there is no /proc. */
export const cpuSecondsOf = (pid: number): number | undefined => {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === "") return undefined;
  // The name in brackets may hold spaces: count from its end. utime, stime, cutime, cstime are fields 14 to 17.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
};

// A process may end between the look at its parent and the look at itself: then it has no memory any more.
const GONE = new Set(["ENOENT", "ESRCH"]);

const textOf = (path: string): string => whenThere(() => readFileSync(path, "utf8"), "");

const listed = (path: string): readonly string[] => whenThere(() => readdirSync(path), []);

const whenThere = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch (error) {
    if (GONE.has((error as NodeJS.ErrnoException).code ?? "")) return otherwise;
    throw error;
  }
};
