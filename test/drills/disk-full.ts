import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun, run } from '../peers/support/run.ts'
import { type Drill, expecting, type Outcome } from './drill.ts'
import type { Place } from './stage/ledger.ts'
import { policy, remembers } from './stage/policies.ts'
import { send } from './stage/sender.ts'
import { at, inMaildir, type Stage } from './stage/stage.ts'

const megabytes = 8

async function lacks(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'needs root, to mount a small disk'
  // In a container root may not be allowed to.
  return (await run('unshare', ['-m', 'true'])).code === 0 ? undefined : 'needs the right to mount'
}

/** A small disk of its own. */
async function smallDisk(stage: Stage, name: string): Promise<string> {
  const folder = await stage.folderNamed(name)
  await mustRun('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  stage.later(() => mustRun('umount', ['-l', folder]))
  return folder
}

/** Takes all room but so many bytes, and gives it back. */
async function fill(folder: string, leaving = 0): Promise<() => Promise<void>> {
  const { bavail, bsize } = await statfs(folder)
  const file = join(folder, 'filling')
  await writeFile(file, Buffer.alloc(Math.max(0, bavail * bsize - leaving)))
  return () => rm(file)
}

/** The disk of the spool, of the store, of the quarantine or of a Maildir is full, and then it is not. */
export const diskFull: Drill = {
  name: 'disk-full',
  lacks,
  run: async stage => {
    const [spool, data, mail] = [await smallDisk(stage, 'spool'), await smallDisk(stage, 'data'), await smallDisk(stage, 'mail')]
    const hop = await stage.hop()
    const relay = { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` }, 'maildir.example': { to: `maildir:${mail}/box` } }
    const rules = [{ use: policy('holds'), to: ['held@our.example'] }, remembers]
    const { port } = await stage.postern({ relay, data, rules }, { env: { TMPDIR: spool } })
    const places = [at(hop), inMaildir(join(mail, 'box')), stage.quarantine(data)]
    const harm = (harm: Harm) => full(stage, places, { port, ...harm })
    return [
      await harm({ disk: spool, what: 'spool', bytes: 3_000_000, expected: /^452/ }),
      await harm({ disk: mail, what: 'Maildir', to: 'bob@maildir.example', bytes: 200_000, expected: /^452/ }),
      await harm({ disk: data, what: 'quarantine', to: 'held@our.example', bytes: 200_000, expected: /^45/ }),
      await harm({ disk: data, what: 'store', expected: /^250/ }),
    ]
  },
}

interface Harm {
  readonly disk: string
  readonly what: string
  readonly to?: string
  readonly bytes?: number
  /** What clients hear while it is full. */
  readonly expected: RegExp
}

async function full(
  stage: Stage,
  places: readonly Place[],
  { disk, what, expected, ...message }: Harm & { port: number },
): Promise<Outcome> {
  const ledger = stage.ledger(...places)
  const free = await fill(disk)
  const during = await send(message)
  await free()
  const after = await send({ ...message, ...(!during.taken && { id: during.id }) })
  ledger.note(during, after)
  const { clients, where, faults } = await ledger.account()
  return {
    done: `the disk of the ${what} is full, and then it is not`,
    clients,
    where,
    faults: [
      ...faults,
      ...expecting({ [`a reply like ${expected}`]: expected.test(during.heard), '250 when there is room again': after.taken }),
    ],
  }
}
