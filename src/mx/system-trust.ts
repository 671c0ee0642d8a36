import { existsSync, readFileSync } from 'node:fs'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'

/** Where Debian, Red Hat and Alpine keep all authorities in one file: to read them one by one takes a noticeable moment. */
const bundles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'] as const

let shared: SecureContext | undefined

/** The authorities that this machine trusts, or those that come with Node where it has none. Read once, when they are needed. */
export function systemTrust(): SecureContext {
  shared ??= createSecureContext({ ca: authorities(), minVersion: 'TLSv1.2' })
  return shared
}

function authorities(): string | string[] {
  // SSL_CERT_FILE is how OpenSSL is told of others.
  const file = [process.env.SSL_CERT_FILE, ...bundles].find(path => path !== undefined && existsSync(path))
  return file === undefined ? getCACertificates('default') : readFileSync(file, 'utf8')
}
