// Messages that are made to keep a gateway busy. Each is a function, for together they are large.

const many = (count: number, piece: (n: number) => string) => Array.from({ length: count }, (_, n) => piece(n)).join('')
const KiB = 1024
const from = 'From: a@sender.example\r\n'
const emptyBody = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='

/** A signature of which all is right but the signature. */
export function junkSignature(tags = '', { d = 'sender.example', s = 's', h = 'from' } = {}): string {
  return `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=${d}; s=${s}; h=${h};${tags} bh=${emptyBody}; b=AAAA\r\n`
}

export function junkSet(i: number, said: string, tags = ''): string {
  const about = `i=${i}; a=rsa-sha256; d=sender.example; s=s;${tags}`
  return `ARC-Seal: ${about} cv=${i === 1 ? 'none' : 'pass'}; b=AAAA\r\nARC-Message-Signature: ${about} c=relaxed/relaxed; h=from; bh=AAAA; b=AAAA\r\nARC-Authentication-Results: i=${i}; sender.example; ${said}\r\n`
}

const ten = (tags: string) => many(10, () => junkSignature(tags))
const body = (bytes: number) => 'a b  c d\t e\r\n'.repeat(Math.ceil(bytes / 13))
const spaces = (count: number) => ' '.repeat(count)

/** Beyond what the edge takes: 256 KiB of header, 1000 fields, 100 continuation lines. */
export const beyondTheEdge: Readonly<Record<string, () => string>> = {
  'a field of 100,000 lines': () => `${from}${junkSignature()}X: a${'\r\n b'.repeat(100_000)}\r\n\r\nx\r\n`,
  'a signature of 100,000 lines': () => `${from}DKIM-Signature: v=1;${'\r\n b'.repeat(100_000)}\r\n\r\nx\r\n`,
  '40,000 lines that are no fields': () => `${from}${junkSignature()}${'x\r\n'.repeat(40_000)}\r\nx\r\n`,
  '1000 signatures': () => `${from}${many(1000, n => junkSignature(` l=${n};`))}\r\n${body(KiB)}`,
  '20,000 signed names, 20,000 fields': () =>
    `${from}${junkSignature('', { h: `from${':x'.repeat(20_000)}` })}${'x: y\r\n'.repeat(20_000)}\r\nx\r\n`,
  '40,000 lines that are no fields, and come first': () => `${'x\r\n'.repeat(40_000)}${from}${junkSignature()}\r\nx\r\n`,
  'a header without an end': () => `${from}${junkSignature()}X: ${'y'.repeat(4 * 1024 * KiB)}`,
}

/** What the edge takes. */
export const withinTheEdge: Readonly<Record<string, () => string>> = {
  '900 fields of 90 lines': () => `${from}${junkSignature()}${many(900, () => `x: y\r\n${' \r\n'.repeat(88)}`)}\r\nx\r\n`,
  '900 lines that are no fields, each continued on 90': () =>
    `${from}${junkSignature()}${many(900, () => `x\r\n${' \r\n'.repeat(88)}`)}\r\nx\r\n`,
  '900 lines that are no fields, each continued on 90, and come first': () =>
    `${many(900, () => `x\r\n${' \r\n'.repeat(88)}`)}${from}${junkSignature()}\r\nx\r\n`,
  '900 signatures': () => `${from}${many(900, n => junkSignature(` l=${n};`))}\r\n${body(KiB)}`,
  '490 signatures, whose colons stand on lines of their own': () =>
    `${from}${many(490, n => junkSignature(` l=${n};`).replace(':', '\r\n:'))}\r\n${body(1024 * KiB)}`,
  '200 lengths of a body of 1 MB': () => `${from}${many(200, n => junkSignature(` l=${n};`))}\r\n${body(1024 * KiB)}`,
  'a body of 1 MB in ten ways': () =>
    `${from}${many(10, n => junkSignature(` l=${n % 3};`).replace('relaxed/relaxed', n % 2 ? 'relaxed/simple' : 'simple/relaxed'))}\r\n${body(1024 * KiB)}`,
  '20,000 signed names': () =>
    `${from}${junkSignature('', { h: `from${':x'.repeat(20_000)}` })}${'x: y\r\n'.repeat(900)}\r\nx\r\n`,
  'ten times 8000 signed names, on lines that are no fields': () =>
    `${from}${many(10, () => `${junkSignature().trimEnd()}; h=\r\nx y${':x'.repeat(8000)}\r\n`)}${'x: y\r\n'.repeat(900)}\r\nx\r\n`,
  'ten times 199 signed names, and 950 fields': () =>
    `${from}${many(10, () => junkSignature('', { h: `from${':x'.repeat(198)}` }))}${`x: ${'y'.repeat(200)}\r\n`.repeat(950)}\r\nx\r\n`,
  'ten times 14,000 spaces': () => `${from}${ten(`q${spaces(14_000)}=1;`)}\r\nx\r\n`,
  'ten times 8 KB of 90 spaces each': () => `${from}${ten(`${`q${spaces(90)}`.repeat(80)}=1;`)}\r\nx\r\n`,
  'ten times 7000 semicolons': () => `${from}${ten(';'.repeat(7000))}\r\nx\r\n`,
  'ten times 2000 tags': () => `${from}${ten('q=;'.repeat(2000))}\r\nx\r\n`,
  'ten times i= of 15 KB': () => `${from}${ten(` i=${'a.'.repeat(7500)}@sender.example;`)}\r\nx\r\n`,
  'ten times i= of 7 KB': () => `${from}${ten(` i="${'\\\\'.repeat(3500)}@sender.example;`)}\r\nx\r\n`,
  'ten times i= of 7 KB, not ASCII': () => `${from}${ten(` i=a@${'\u00e9.'.repeat(2300)}sender.example;`)}\r\nx\r\n`,
  'ten times d= of 15 KB': () => `${from}${many(10, () => junkSignature('', { d: `${'a.'.repeat(7500)}example` }))}\r\nx\r\n`,
  'ten times d= of 7 KB': () => `${from}${many(10, () => junkSignature('', { d: `a${'-'.repeat(7500)}.example` }))}\r\nx\r\n`,
  'ten times s= of 15 KB': () => `${from}${many(10, () => junkSignature('', { s: `${'a.'.repeat(7500)}b` }))}\r\nx\r\n`,
  '20 sets that say 10 KB each': () => `${many(20, n => junkSet(n + 1, 'spf=pass (x) '.repeat(800)))}${from}\r\nx\r\n`,
  '20 sets that say 10 KB of brackets': () => `${many(20, n => junkSet(n + 1, '('.repeat(10 * KiB)))}${from}\r\nx\r\n`,
  '20 sets with 1000 signatures each': () => `${many(20, n => junkSet(n + 1, 'dkim=pass;'.repeat(1000)))}${from}\r\nx\r\n`,
  '20 sets with 6000 spaces each': () => `${many(20, n => junkSet(n + 1, 'x', ` q${spaces(3000)}=1;`))}${from}\r\nx\r\n`,
  'a set that is of everything': () =>
    `ARC-Seal: i=__proto__; __proto__=x; constructor=y\r\n${junkSet(1, '__proto__=x; constructor=y; dmarc=pass __proto__.a=b')}${from}\r\nx\r\n`,
  'a set that says 200 KB': () => `${junkSet(1, '()'.repeat(100 * KiB))}${from}\r\nx\r\n`,
  ...Object.fromEntries(
    [',', '(', '()', '"', '"\\"\\', '<', '<>', ':;', 'a:', '@', 'a@b ', 'a@b,', 'a ', '\\'].map(piece => [
      `From of 250 KB of ${piece}`,
      () => `From: ${piece.repeat((250 * KiB) / piece.length)}\r\n${junkSignature()}\r\nx\r\n`,
    ]),
  ),
  'From of 8 KB of groups': () => `From: ${'a:'.repeat(4000)}\r\n${junkSignature()}\r\nx\r\n`,
  '990 From fields': () => `${`From: ${'a:'.repeat(120)}\r\n`.repeat(990)}${junkSignature()}\r\nx\r\n`,
  'To of 15 times 16 KB of groups': () => `${from}${`To: ${':'.repeat(16_000)}\r\n`.repeat(15)}\r\nx\r\n`,
  'Return-Path of 240 KB of groups': () => `${from}Return-Path: ${'a:'.repeat(120 * KiB)}\r\n${junkSignature()}\r\nx\r\n`,
  ...Object.fromEntries(
    Object.entries({
      parameters: (n: number) => `p${n}=1;`,
      continuations: (n: number) => `p*${n}*=%41;`,
      'encoded parameters': (n: number) => `p${n}*0*=iso-2022-jp''%41;`,
      'encoded words': () => 'p*0==?utf-8?Q?a?= ',
      quotes: () => "''",
    }).map(([what, piece]) => [
      `Content-Type of 200 KB of ${what}`,
      () => `${from}${ten('')}Content-Type: multipart/mixed; ${many(9500, piece).slice(0, 200 * KiB)}\r\n\r\nx\r\n`,
    ]),
  ),
  'Content-Type of 4 KB of encoded parameters': () =>
    `${from}${ten('')}Content-Type: multipart/mixed; ${many(150, n => `p${n}*0*=iso-2022-jp''%41;`)}\r\n\r\nx\r\n`,
  'a boundary of 4 KB in a body of 1 MB': () =>
    `${from}${ten('')}Content-Type: multipart/mixed; boundary="${'x'.repeat(4000)}"\r\n\r\n${`--${'x'.repeat(3999)}\r\n`.repeat(260)}`,
  'Authentication-Results of 240 KB of comments': () => `${from}Authentication-Results: ${'()'.repeat(120 * KiB)}\r\n\r\nx\r\n`,
  'Received of 240 KB of brackets': () => `${from}Received: ${'('.repeat(240 * KiB)}\r\n\r\nx\r\n`,
  'References of 240 KB of angles': () => `${from}References: ${'<'.repeat(240 * KiB)}\r\n\r\nx\r\n`,
}
