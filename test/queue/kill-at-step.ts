/** To be imported first: kills the process at a step of the queue, the first time it comes to it: `KILL_AT="add: committed"`. */
import { subscribe } from 'node:diagnostics_channel'

subscribe('postern.queue', step => {
  if (step === process.env.KILL_AT) process.kill(process.pid, 'SIGKILL')
})
