import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from './run.ts'

/** Two networks of their own, joined by one wire: what listens there disturbs nobody, and nothing gets out. */
export interface Namespaces {
  /** Where Postern is: 192.0.2.1, and a resolver at 127.0.0.1. */
  readonly us: string
  /** Where all others are: the addresses that were asked for. */
  readonly world: string
  remove(): Promise<void>
}

export async function makeNamespaces(addresses: readonly string[]): Promise<Namespaces> {
  const [us, world] = [`postern-us-${process.pid}`, `postern-world-${process.pid}`]
  const [ourEnd, theirEnd] = [`pu${process.pid}`, `pw${process.pid}`]
  const settings = join('/etc/netns', us)
  await mkdir(settings, { recursive: true })
  // For programs that ask the system: its resolver validates, and is believed.
  await writeFile(join(settings, 'resolv.conf'), 'nameserver 127.0.0.1\noptions trust-ad edns0\n')
  for (const name of [us, world]) await mustRun('ip', ['netns', 'add', name])
  await mustRun('ip', ['link', 'add', ourEnd, 'netns', us, 'type', 'veth', 'peer', 'name', theirEnd, 'netns', world])
  const ends = [
    { name: us, device: ourEnd, own: ['192.0.2.1'] },
    { name: world, device: theirEnd, own: addresses },
  ]
  for (const { name, device, own } of ends) {
    for (const address of own) await mustRun('ip', ['-n', name, 'addr', 'add', `${address}/24`, 'dev', device])
    for (const link of ['lo', device]) await mustRun('ip', ['-n', name, 'link', 'set', link, 'up'])
  }
  const remove = async () => {
    for (const name of [us, world]) await mustRun('ip', ['netns', 'del', name])
    await rm(settings, { recursive: true, force: true })
  }
  return { us, world, remove }
}

/** A command line that runs inside a namespace. */
export function inside(namespace: string, program: string, args: readonly string[]): [string, string[]] {
  return ['ip', ['netns', 'exec', namespace, program, ...args]]
}
