import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Certificate } from './exchangers.ts'
import { mustRun } from './run.ts'

/** An authority of our own, in a folder, and what it issues. */
export interface Authority {
  /** The file with its certificate. */
  readonly cert: string
  /** A certificate for some names. */
  issue(names: readonly string[]): Promise<Certificate>
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export async function makeAuthority(folder: string): Promise<Authority> {
  const [key, cert] = [join(folder, 'authority.key'), join(folder, 'authority.pem')]
  await openssl('req', '-x509', ...newKey, '-subj', '/CN=Authority of the peers', '-keyout', key, '-out', cert)
  return {
    cert,
    issue: async ([name = '', ...names]) => {
      const file = (end: string) => join(folder, `${name}.${end}`)
      await openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', file('key'), '-out', file('csr'))
      await writeFile(file('ext'), `subjectAltName=${[name, ...names].map(each => `DNS:${each}`).join(',')}\n`)
      const signing = ['-req', '-in', file('csr'), '-CA', cert, '-CAkey', key, '-CAcreateserial', '-extfile', file('ext')]
      await openssl('x509', ...signing, '-out', file('pem'))
      return { cert: file('pem'), key: file('key') }
    },
  }
}

/** A certificate that only its owner vouches for. */
export async function selfSigned(folder: string, name: string): Promise<Certificate> {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-subj',
    `/CN=${name}`,
    '-addext',
    `subjectAltName=DNS:${name}`,
    '-keyout',
    key,
    '-out',
    cert,
  )
  return { cert, key }
}

function openssl(...args: string[]): Promise<string> {
  return mustRun('openssl', args)
}
