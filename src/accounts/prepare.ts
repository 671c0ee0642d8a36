/** More bytes than any name or password has: what is longer is not hashed. */
const mostBytes = { name: 255, password: 1024 } as const

const notAsciiSpace = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g
const invisible = /\u00ad|\u034f|\u200b|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g
const control = /[\x00-\x1f\x7f-\x9f\ufffd\ufff9-\ufffc\ue000-\uf8ff]/

/** The name of an account in the form in which it is compared, without regard to case; undefined for what can be none. */
export function prepareName(text: string): string | undefined {
  const name = prepare(text, mostBytes.name)?.toLowerCase()
  return name === undefined || name === '' || name.includes(' ') ? undefined : name
}

/** A password in the form in which it is hashed; undefined for what can be none. */
export function preparePassword(text: string): string | undefined {
  const password = prepare(text, mostBytes.password)
  return password === '' ? undefined : password
}

/** SASLprep (RFC 4013) as far as keyboards need it: one spelling for what looks alike. */
function prepare(text: string, most: number): string | undefined {
  if (Buffer.byteLength(text) > most) return undefined
  const normal = text.replace(notAsciiSpace, ' ').replace(invisible, '').normalize('NFKC')
  return control.test(normal) ? undefined : normal
}
