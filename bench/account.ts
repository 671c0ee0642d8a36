import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'

/** Where control groups are, and how they tell the CPU that a group has used, in nanoseconds. */
const hierarchies = [
  { root: '/sys/fs/cgroup/cpuacct', used: (group: string) => Number(read(`${group}/cpuacct.usage`)) },
  {
    root: '/sys/fs/cgroup',
    used: (group: string) => 1000 * Number(/^usage_usec (\d+)$/m.exec(read(`${group}/cpu.stat`))?.[1]),
  },
]
const ticksPerSecond = 100 // USER_HZ, which Linux shows to all programs
const pageBytes = 4096

/** What a process uses, with all that it has ever started: a control group tells it exactly, /proc nearly. */
export interface Account {
  /** A file into which a process writes its number to belong to it. */
  readonly entrance: string | undefined
  pids(): readonly number[]
  cpuSeconds(): number
  close(): void
}

let groups = 0

/** Opens an account. `first` is asked for the first process whenever there is no control group to ask. */
export function openAccount(first: () => number): Account {
  return inControlGroup() ?? fromProc(first)
}

function inControlGroup(): Account | undefined {
  for (const { root, used } of hierarchies) {
    const group = `${root}/postern-bench-${process.pid}-${groups++}`
    try {
      mkdirSync(group)
    } catch {
      continue // not mounted, or not ours to write
    }
    if (!existsSync(`${group}/cgroup.procs`)) {
      rmdirSync(group) // a folder like any other
      continue
    }
    return {
      entrance: `${group}/cgroup.procs`,
      pids: () => read(`${group}/cgroup.procs`).split('\n').filter(Boolean).map(Number),
      cpuSeconds: () => used(group) / 1e9,
      close: () => removeGroup(group),
    }
  }
  return undefined
}

function removeGroup(group: string): void {
  try {
    rmdirSync(group)
  } catch {
    // A process that has just been killed leaves its group a moment later; an empty group costs nothing.
  }
}

function fromProc(first: () => number): Account {
  const pids = () => withChildren(first())
  // utime, stime and those of the children that have ended: proc(5), /proc/pid/stat, fields 14 to 17.
  const ticks = (pid: number) =>
    afterName(pid)
      .slice(11, 15)
      .reduce((sum, field) => sum + Number(field), 0)
  return {
    entrance: undefined,
    pids,
    cpuSeconds: () => pids().reduce((sum, pid) => sum + ticks(pid), 0) / ticksPerSecond,
    close: () => {},
  }
}

function withChildren(pid: number): number[] {
  const tasks = list(`/proc/${pid}/task`)
  const children = tasks.flatMap(task => read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number))
  return [pid, ...children.flatMap(withChildren)]
}

/** The fields of /proc/pid/stat behind the name of the program, which may contain anything. */
function afterName(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** The memory that processes have in use, in bytes. Pages that they share count for each of them. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * pageBytes, 0)
}

/** The same with shared pages counted once, in bytes. Slow to find out for large processes. */
export function proportionalBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + 1024 * Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0), 0)
}

/** CPU seconds that the whole machine has been busy. */
export function machineSeconds(): number {
  const [, user, nice, system, , , irq, softirq] = read('/proc/stat').split('\n', 1)[0]?.split(/\s+/) ?? []
  return [user, nice, system, irq, softirq].reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond
}

/** The text of a file of the kernel; empty when the process that it is about has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
