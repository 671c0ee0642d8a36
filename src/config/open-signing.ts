import type { Dns } from '../engine/dns.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Log } from '../report/log.ts'
import { type KeyNews, KeyWatch } from '../signing/key-watch.ts'
import { Sealer } from '../signing/sealer.ts'
import { Signer } from '../signing/signer.ts'
import { keyName } from '../signing/signing-key.ts'
import { Srs } from '../signing/srs.ts'
import type { Configuration } from './load.ts'
import type { Checked } from './problem.ts'
import { readSigningSecrets } from './signing-keys.ts'

/** What puts our name to mail, as far as the configuration has it. */
export interface Signing {
  /** For mail of our own users, and for what we say ourselves. */
  readonly signer: Signer
  /** For mail of others that goes on to others. */
  readonly sealer?: Sealer
  readonly srs?: Srs
  /** Resolves when all keys have been looked up once. */
  readonly checked: Promise<void>
  close(): void
}

export interface SigningContext {
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  readonly metrics?: Pick<Metrics, 'outgoing'>
  /** With the memory of the facts. */
  readonly dns: Dns
  /** Without: a record that has been mended is to be seen at once. */
  readonly uncached: Dns
  readonly now?: () => Date
}

/** Reads the keys, and begins to watch them. */
export async function openSigning(configuration: Configuration, context: SigningContext): Promise<Checked<Signing>> {
  const secrets = await readSigningSecrets(configuration.document, configuration)
  if ('problems' in secrets) return secrets
  const { log, metrics, dns, uncached, now = () => new Date() } = context
  const { keys, sealing, srs } = secrets.value
  metrics?.outgoing.forgetKeys()
  const watch = new KeyWatch({
    keys: sealing ? [...keys, sealing] : keys,
    dns: uncached,
    report: news => {
      tellOfKey(log, news)
      metrics?.outgoing.noteKey(news.key, news.state)
    },
  })
  const given = {
    maySign: watch.maySign.bind(watch),
    now,
    report: ({ result }: { readonly result: 'signed' | 'unsigned' | 'sealed' | 'unsealed' }) =>
      metrics?.outgoing.noteMessage(result),
  }
  return {
    value: {
      signer: new Signer({ keys, ...given }),
      ...(sealing && { sealer: new Sealer({ key: sealing, dns, authservId: configuration.hostname, ...given }) }),
      ...(srs && { srs: new Srs(srs) }),
      checked: watch.start(),
      close: () => watch.stop(),
    },
  }
}

function tellOfKey(log: SigningContext['log'], { key, state, why }: KeyNews): void {
  const about = { key: keyName(key), ...(why !== undefined && { why }) }
  if (state === 'published') log.info(about, 'this key is published, and signs')
  else if (state === 'unknown') log.warn(about, 'whether this key is published could not be found out: it signs')
  else log.error({ ...about, state }, 'this key signs nothing: what is published is not its other half (postern dkim check)')
}
