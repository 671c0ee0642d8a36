import { constants } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, DEFAULT_CIPHERS, type SecureContext, type TLSSocket } from 'node:tls'
import type { Tls } from '../mail/session.ts'
import type { Logger } from './logger.ts'

/** Where the certificate chain and its key are, in PEM. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

const minVersion = 'TLSv1.2'
/** Renegotiation costs us more than the client, and no client needs it; TLS 1.3 has none. */
const secureOptions = constants.SSL_OP_NO_RENEGOTIATION
/** Our order counts, and begins with ECDSA: a signature of RSA costs ten times as much. Behind it stands all that Node takes. */
const ciphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  DEFAULT_CIPHERS,
].join(':')

/** Our certificate, read again when its files change. A broken new one never replaces a good old one. */
export class Certificate {
  readonly #files: CertificateFiles
  readonly #log: Logger
  readonly #listeners: ((context: SecureContext) => void)[] = []
  #context: SecureContext
  #pair: Pair
  #version: string
  #ticketKeys: Buffer | undefined
  #timer: NodeJS.Timeout | undefined

  private constructor(files: CertificateFiles, { pair, version }: Loaded, options: CertificateOptions) {
    this.#files = files
    this.#context = contextOf(pair, options.ticketKeys)
    this.#pair = pair
    this.#version = version
    this.#ticketKeys = options.ticketKeys
    this.#log = options.log
  }

  /** Reads the certificate, and rejects when it cannot be used: without it nothing should start. */
  static async open(files: CertificateFiles, options: CertificateOptions): Promise<Certificate> {
    const certificate = new Certificate(files, await load(files), options)
    certificate.#timer = setInterval(() => void certificate.check(), options.checkMs ?? 30_000)
    certificate.#timer.unref()
    return certificate
  }

  get context(): SecureContext {
    return this.#context
  }

  /** Tells when another certificate is in use. */
  onChange(listener: (context: SecureContext) => void): void {
    this.#listeners.push(listener)
  }

  /** Reads the files again if they have changed. */
  async check(): Promise<void> {
    try {
      // A new key beside an old certificate does not fit; the next check finds both in place.
      if ((await versionOf(this.#files)) === this.#version) return
      const { pair, version } = await load(this.#files)
      this.#use(contextOf(pair, this.#ticketKeys))
      this.#pair = pair
      this.#version = version
      this.#log.info({ cert: this.#files.cert }, 'the new TLS certificate is in use')
    } catch (error) {
      this.#log.error(
        { cert: this.#files.cert, error: String(error) },
        'the new TLS certificate is broken, the old one stays in use',
      )
    }
  }

  /** Seals session tickets with this key, in 48 bytes, which other processes may have too. */
  useTicketKeys(keys: Buffer): void {
    this.#ticketKeys = keys
    this.#use(contextOf(this.#pair, keys))
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #use(context: SecureContext): void {
    this.#context = context
    for (const listener of this.#listeners) listener(context)
  }
}

interface CertificateOptions {
  readonly log: Logger
  readonly checkMs?: number
  readonly ticketKeys?: Buffer
}

/** As they stand in the files. */
interface Pair {
  readonly cert: Buffer
  readonly key: Buffer
}

interface Loaded {
  readonly pair: Pair
  readonly version: string
}

async function load(files: CertificateFiles): Promise<Loaded> {
  // Before the files: what changes in between is read once more.
  const version = await versionOf(files)
  const [cert, key] = await Promise.all([readFile(files.cert), readFile(files.key)])
  return { pair: { cert, key }, version }
}

function contextOf({ cert, key }: Pair, ticketKeys: Buffer | undefined): SecureContext {
  return createSecureContext({
    cert,
    key,
    minVersion,
    secureOptions,
    ciphers,
    honorCipherOrder: true,
    ...(ticketKeys && { ticketKeys }),
  })
}

async function versionOf(files: CertificateFiles): Promise<string> {
  const states = await Promise.all([stat(files.cert), stat(files.key)])
  return states.map(({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`).join('\n')
}

/** What a connection is encrypted with. */
export function describeTls(socket: TLSSocket): Tls {
  return { protocol: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().name }
}
