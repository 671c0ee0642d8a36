import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

/** A password as it is kept: by scrypt (RFC 7914), which takes memory as well as time. */
export interface PasswordHash {
  /** The binary logarithm of the cost. */
  readonly cost: number
  readonly blockSize: number
  readonly parallel: number
  readonly salt: Buffer
  readonly hash: Buffer
}

/** 32 MiB and some 80 ms for each password. */
const usual = { cost: 15, blockSize: 8, parallel: 1 } as const
const bytes = { salt: 16, hash: 32 } as const
/** What is taken from a file: more would hold up everybody who comes after. */
const most = { cost: 18, blockSize: 16, parallel: 4 } as const

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(bytes.salt)
  return { ...usual, salt, hash: await derive(password, { ...usual, salt, hash: Buffer.alloc(bytes.hash) }) }
}

/** What is compared with when nobody has the name: it takes as long, and no password fits. */
export function nobodysHash(like: PasswordHash | undefined): PasswordHash {
  return { ...usual, ...like, salt: randomBytes(bytes.salt), hash: randomBytes(bytes.hash) }
}

export async function fits(password: string, kept: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, kept), kept.hash)
}

/** In the form that password hashing has agreed on: `$scrypt$ln=15,r=8,p=1$salt$hash`, in base64 without padding. */
export function formatPasswordHash({ cost, blockSize, parallel, salt, hash }: PasswordHash): string {
  return `$scrypt$ln=${cost},r=${blockSize},p=${parallel}$${unpadded(salt)}$${unpadded(hash)}`
}

/** Undefined for what is no such hash, or costs too much to be compared with. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, cost, blockSize, parallel, salt = '', hash = ''] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/-]{11,86})\$([\w+/-]{22,86})$/.exec(text) ?? []
  const parsed = { cost: Number(cost), blockSize: Number(blockSize), parallel: Number(parallel) }
  const isSane = parsed.cost >= 10 && parsed.cost <= most.cost && inRange(parsed.blockSize, most.blockSize)
  if (!isSane || !inRange(parsed.parallel, most.parallel)) return undefined
  return { ...parsed, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

function inRange(value: number, most: number): boolean {
  return value >= 1 && value <= most
}

/** In a thread of its own: mail goes on meanwhile. */
function derive(password: string, { cost, blockSize, parallel, salt, hash }: PasswordHash): Promise<Buffer> {
  const N = 2 ** cost
  const options: ScryptOptions = { N, r: blockSize, p: parallel, maxmem: 256 * N * blockSize }
  return new Promise((resolve, reject) =>
    scrypt(password, salt, hash.length, options, (error, key) => (error ? reject(error) : resolve(key))),
  )
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
