import { clockJumps } from './clock-jumps.ts'
import { descriptorsUsedUp } from './descriptors.ts'
import { diskFull } from './disk-full.ts'
import { dnsFails, dnsLies } from './dns-trouble.ts'
import type { Drill } from './drill.ts'
import { killed } from './kill.ts'
import { logUnread } from './log-unread.ts'
import { nextHopDiesAfterDot } from './next-hop-dies-after-dot.ts'
import { nextHopDown } from './next-hop-down.ts'
import { nextHopHangs } from './next-hop-hangs.ts'
import * as nextHopSteps from './next-hop-steps.ts'

import { policyBreaks } from './policy-breaks.ts'
import { certificateBroken, configurationBroken } from './reload.ts'
import { stoppedInData } from './stopped.ts'
import { storeBroken, storeLocked } from './store-trouble.ts'
import { workerKilled } from './worker-killed.ts'

/** All drills, in the order in which they are done. */
export const drills: readonly Drill[] = [
  nextHopDown,
  nextHopHangs,
  ...Object.values(nextHopSteps),
  nextHopDiesAfterDot,
  dnsFails,
  dnsLies,
  diskFull,
  storeLocked,
  storeBroken,
  policyBreaks,
  killed,
  workerKilled,
  clockJumps,
  certificateBroken,
  configurationBroken,
  stoppedInData,
  descriptorsUsedUp,
  logUnread,
]
