import PostalMime, { decodeWords } from 'postal-mime'
import { parseHeader } from '../../mail/header.ts'
import { cleanFileName } from './file-name.ts'

/** What the header of one MIME part says about its body (RFC 2045, RFC 2183). */
export interface PartHeader {
  /** `application/pdf`, in lower case. */
  readonly type: string
  /** What stands between the parts of a multipart, byte by byte (latin1). */
  readonly boundary?: string
  /** `base64`, in lower case; empty when there is none. */
  readonly encoding: string
  /** `attachment` or `inline`, in lower case; empty when there is none. */
  readonly disposition: string
  /** All names that the part is given, the first as most programs choose it. */
  readonly names: readonly string[]
}

interface Structured {
  /** In lower case. */
  readonly value: string
  /** With continuations and character sets resolved (RFC 2231). */
  readonly params: Readonly<Record<string, string>>
}

// Whole messages are not given to postal-mime: it keeps each line by itself, so that 10 MB of empty lines take 8 GB and two
// minutes. We need the one thing that is hard to get right, its reading of structured fields. It is internal there:
// before the version changes, test/facts/mime.test.ts must pass with it.
const { root } = new PostalMime() as unknown as { readonly root: { parseStructuredHeader(text: string): Structured } }

const mostFields = 10

/** Reads the header of a part. `otherwise` is its type when it does not say (RFC 2046, 5.1.5). */
export function readPartHeader(lines: readonly Buffer[], otherwise: string): PartHeader {
  const fields = parseHeader([Buffer.concat(lines)])
  const structured = (name: string) =>
    fields
      .filter(field => field.name === name)
      .slice(0, mostFields)
      .map(({ value }) => root.parseStructuredHeader(value.replaceAll(/[\r\n]+/g, '')))
  const types = structured('content-type')
  const dispositions = structured('content-disposition')
  const [type] = types
  const [encoding] = structured('content-transfer-encoding')
  const names = [...dispositions, ...types].flatMap(({ params }) => [params.filename, params.name])
  return {
    type: /^[^\s;]{1,127}/.exec(type?.value ?? '')?.[0] ?? otherwise,
    ...(type?.params.boundary && { boundary: Buffer.from(type.params.boundary).toString('latin1') }),
    encoding: /[\w-]+/.exec(encoding?.value ?? '')?.[0] ?? '',
    disposition: (dispositions[0]?.value ?? '').slice(0, 30),
    names: [...new Set(names.map(name => cleanFileName(decodeWords(name ?? ''))).filter(name => name !== ''))],
  }
}
