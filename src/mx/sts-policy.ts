/** What a domain wants of those who send to it (RFC 8461, 3.2). */
export interface StsPolicy {
  readonly mode: 'enforce' | 'testing' | 'none'
  /** Names of its mail servers: `mail.example.org`, or `*.example.org` for one label below. */
  readonly mx: readonly string[]
  /** For how long it may be relied on, in seconds. */
  readonly maxAgeSeconds: number
}

const longestAge = 31_557_600
const mostPatterns = 100
const modes: readonly StsPolicy['mode'][] = ['enforce', 'testing', 'none']
const pattern = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/

/** Reads the text of a policy; a sentence that says what is wrong with it when it is none. */
export function parseStsPolicy(text: string): StsPolicy | string {
  const lines = text.split(/\r?\n/).filter(line => line.trim() !== '')
  const fields = lines.map(line => /^([A-Za-z0-9][\w.-]{0,31})[ \t]*:[ \t]*(.*?)[ \t]*$/.exec(line))
  const malformed = fields.indexOf(null)
  if (malformed !== -1) return `expected "name: value", found ${JSON.stringify(lines[malformed]?.slice(0, 80))}`
  const valuesOf = (name: string) => fields.flatMap(field => (field?.[1] === name ? [field[2] ?? ''] : []))
  const [version] = valuesOf('version')
  if (version !== 'STSv1') return `expected version STSv1, found ${JSON.stringify(version?.slice(0, 80))}`
  return policyOf(valuesOf)
}

function policyOf(valuesOf: (name: string) => readonly string[]): StsPolicy | string {
  const [found = ''] = valuesOf('mode')
  const mode = modes.find(known => known === found)
  if (!mode) return `expected mode enforce, testing or none, found ${JSON.stringify(found.slice(0, 80))}`
  const [age = ''] = valuesOf('max_age')
  if (!/^\d{1,10}$/.test(age)) return `expected max_age in seconds, found ${JSON.stringify(age.slice(0, 80))}`
  const mx = valuesOf('mx').map(name => name.toLowerCase())
  const stranger = mx.find(name => !pattern.test(name))
  if (stranger !== undefined) return `expected the name of a mail server, found ${JSON.stringify(stranger.slice(0, 80))}`
  if (mx.length > mostPatterns) return `expected at most ${mostPatterns} mail servers, found ${mx.length}`
  if (mode !== 'none' && mx.length === 0) return 'expected at least one mx'
  return { mode, mx, maxAgeSeconds: Math.min(Number(age), longestAge) }
}

/** Whether a mail server is one of those that the policy names (RFC 8461, 4.1): a wildcard stands for one label. */
export function allowsMx({ mx }: StsPolicy, host: string): boolean {
  const parent = host.slice(host.indexOf('.') + 1)
  return mx.some(name => (name.startsWith('*.') ? host.includes('.') && name.slice(2) === parent : name === host))
}
