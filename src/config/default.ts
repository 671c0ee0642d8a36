import { ownName } from './own-name.ts'

/**
 * What is in force when there is no configuration: on this machine only, mail to this machine is judged by the default
 * rules and kept in one Maildir, so that one can see what Postern does before anything depends on it.
 */
export function defaultConfiguration(): string {
  const name = ownName() ?? 'localhost'
  const domains = [...new Set(['localhost', name])]
  return `hostname: ${name}
data: ./data
listen:
  - address: 127.0.0.1:2525
relay:
${domains.map(domain => `  ${domain}: { to: maildir:./data/mail }`).join('\n')}
`
}
