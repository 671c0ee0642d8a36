import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause, setImmediate } from 'node:timers/promises'

/** For how long everybody else has to wait at most while something is done. */
export interface Wait {
  /** By the clock: this is what others feel, and what other programs on the machine have a part in. */
  readonly clockMs: number
  /** Of our own thread's time: this is ours alone. */
  readonly cpuMs: number
}

/** Does something, and watches the event loop meanwhile. */
export async function longestWait<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly wait: Wait }> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const turns = watchTurns()
  delay.enable()
  await pause(5)
  const result = await work()
  await pause(5)
  delay.disable()
  return { result, wait: { clockMs: delay.max / 1e6, cpuMs: await turns() } }
}

/** The most that one turn of the loop takes of the time of our thread. */
function watchTurns(): () => Promise<number> {
  let [isOver, longest] = [false, 0]
  const watching = (async () => {
    while (!isOver) {
      const before = process.threadCpuUsage()
      await setImmediate()
      const { user, system } = process.threadCpuUsage(before)
      longest = Math.max(longest, (user + system) / 1000)
    }
  })()
  return async () => {
    isOver = true
    await watching
    return longest
  }
}
