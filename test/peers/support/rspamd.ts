import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../../fixtures/free-port.ts'
import { peerFolder, removeFolder } from './folder.ts'
import { pathOf } from './needs.ts'
import { until } from './wait.ts'

/** Only what verifies signatures: with all of Debian's rules it would take a minute to start, and ask the Internet. */
function settingsFor(folder: string, port: number, dnsAddress: string): string {
  return `options {
  filters = "dkim"; local_addrs = []; disable_hyperscan = true;
  dns { nameserver = ["${dnsAddress}"]; timeout = 2s; retransmits = 2; }
  url_tld = "${folder}/tld"; pidfile = "${folder}/pid"; hs_cache_dir = "${folder}"; cores_dir = "${folder}"; rrd = "";
}
logging { type = "file"; filename = "${folder}/log"; }
worker "normal" { bind_socket = "127.0.0.1:${port}"; count = 1; }
metric "default" { actions { reject = 999; } }
dkim { }
arc { }
modules { path = "/usr/share/rspamd/plugins/arc.lua"; }
`
}

/** A real rspamd that verifies DKIM and ARC, and asks one name server. */
export class Rspamd {
  readonly #folder: string
  readonly #port: number
  readonly #process: ChildProcess

  private constructor(folder: string, port: number, process: ChildProcess) {
    this.#folder = folder
    this.#port = port
    this.#process = process
  }

  static async start(dnsAddress: string): Promise<Rspamd> {
    const folder = await peerFolder('rspamd')
    const [port, file] = [await freePort(), join(folder, 'rspamd.conf')]
    await writeFile(join(folder, 'tld'), 'example\n')
    await writeFile(file, settingsFor(folder, port, dnsAddress))
    const args = ['-i', '-f', '-c', file, ...['DBDIR', 'LOGDIR', 'RUNDIR'].map(name => `--var=${name}=${folder}`)]
    const child = spawn(pathOf('rspamd'), args, { stdio: 'ignore' })
    process.once('exit', () => child.kill('SIGTERM'))
    const rspamd = new Rspamd(folder, port, child)
    await until('rspamd', () =>
      fetch(`http://127.0.0.1:${rspamd.#port}/ping`).then(
        ({ ok }) => (ok ? true : undefined),
        () => undefined,
      ),
    )
    return rspamd
  }

  /** What it finds out about a message: the names of its symbols, each with what it says of it. */
  async symbols(message: Buffer): Promise<ReadonlyMap<string, readonly string[]>> {
    const headers = { IP: '192.0.2.10', Helo: 'mx.sender.example', From: 'ann@sender.example', Rcpt: 'bob@other.example' }
    const url = `http://127.0.0.1:${this.#port}/checkv2`
    const response = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(message),
      headers,
      signal: AbortSignal.timeout(20_000),
    })
    // Its answer is documented.
    const { symbols } = (await response.json()) as { readonly symbols: Record<string, { readonly options?: readonly string[] }> }
    return new Map(Object.entries(symbols).map(([name, { options = [] }]) => [name, options]))
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit')
    // Its workers are processes of their own, which it ends with itself.
    this.#process.kill('SIGTERM')
    await ended
    await removeFolder(this.#folder)
  }
}
