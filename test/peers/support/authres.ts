import { python } from './needs.ts'
import { mustRun } from './run.ts'

/** One result, as authres understands it. */
export interface ReadResult {
  readonly method: string
  readonly result: string
  readonly reason: string | null
  /** `smtp.mailfrom`: the value without its quotes. */
  readonly properties: Readonly<Record<string, string>>
}

export interface ReadResults {
  readonly authservId: string
  readonly results: readonly ReadResult[]
}

/** What python3-authres reads in the values of Authentication-Results fields: a program of others, and strict (RFC 8601). */
export async function readResults(values: readonly string[]): Promise<ReadResults[]> {
  return JSON.parse(await mustRun(python, ['-c', resultsReader], { input: JSON.stringify(values) }))
}

export interface ReadReceivedSpf {
  readonly result: string
  readonly comment: string
  readonly pairs: Readonly<Record<string, string>>
}

/** What Python's own reader of structured fields (RFC 5322) finds in the values of Received-SPF fields (RFC 7208, 9.1). */
export async function readReceivedSpf(values: readonly string[]): Promise<ReadReceivedSpf[]> {
  return JSON.parse(await mustRun(python, ['-c', receivedSpfReader], { input: JSON.stringify(values) }))
}

const resultsReader = `
import authres, json, sys
features = authres.all_features()
def read(value):
    header = features.parse('Authentication-Results: ' + value)
    results = []
    for each in header.results:
        properties = {each.type + '.' + each.name: str(each.value) for each in each.properties}
        results.append(dict(method=each.method, result=each.result, reason=each.reason, properties=properties))
    return dict(authservId=header.authserv_id, results=results)
print(json.dumps([read(value) for value in json.load(sys.stdin)]))
`

// header-field = "Received-SPF:" [CFWS] result FWS [comment FWS] [ key-value-list ]
const receivedSpfReader = `
import json, re, sys
from email import _header_value_parser as parser
def key_value(text):
    key, _, text = text.partition('=')
    assert re.fullmatch('[a-z][a-z0-9_.-]*', key), key
    token, text = (parser.get_quoted_string if text[0] == '"' else parser.get_dot_atom)(text)
    assert not token.all_defects, token.all_defects
    return key, token.content if text is not None and token.token_type == 'quoted-string' else token.value.strip(), text
def read(text):
    atom, text = parser.get_atom(text)
    result = atom.value.strip()
    comment = ''.join(each.content for each in atom if each.token_type == 'cfws' for each in each if each.token_type == 'comment')
    pairs = {}
    while text:
        key, value, text = key_value(text)
        assert key not in pairs, key
        pairs[key] = value
        if text.startswith(';'):
            text = parser.get_cfws(text[1:])[1] if text[1:].strip() else ''
        else:
            assert text.strip() == '', text
            text = ''
    return dict(result=result, comment=comment, pairs=pairs)
print(json.dumps([read(value) for value in json.load(sys.stdin)]))
`
