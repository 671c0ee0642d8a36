/** Extensions of what runs when it is opened, on Windows first of all. */
const programs = new Set([
  ...['exe', 'com', 'scr', 'pif', 'cpl', 'msi', 'msp', 'msix', 'appx', 'dll', 'ocx', 'sys', 'drv', 'efi', 'gadget'],
  ...['bat', 'cmd', 'ps1', 'vbs', 'vbe', 'js', 'jse', 'wsf', 'wsh', 'hta', 'lnk', 'scf', 'jar', 'class', 'reg'],
  ...['elf', 'so', 'bin', 'run', 'dylib', 'macho', 'o', 'out'],
])

/** Extensions of what people expect to be harmless. */
const documents = new Set([
  ...['pdf', 'doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'odt', 'ods', 'odp', 'rtf', 'txt', 'csv', 'xml', 'htm', 'html'],
  ...['jpg', 'jpeg', 'png', 'gif', 'bmp', 'tif', 'tiff', 'svg', 'webp', 'heic', 'mp3', 'mp4', 'wav', 'avi', 'mov', 'mpg'],
  ...['zip', 'eml', 'msg', 'ics', 'vcf'],
])

/** The name under which a file would be saved: without a path, in lower case, without dots and spaces at the end. */
function savedName(name: string): string {
  const file = name.normalize('NFKC').split(/[/\\]/).at(-1) ?? ''
  return file.toLowerCase().replace(/[\s.]+$/, '')
}

/** Whether a file that has been saved under this name has one of these extensions. */
export function isAnyOf(name: string, extensions: readonly string[]): boolean {
  return extensions.some(extension => savedName(name).endsWith(`.${extension}`))
}

/** Whether a program is called like a document: `invoice.pdf.exe`, perhaps with many spaces within. */
export function hasDoubleExtension(name: string): boolean {
  const [last = '', before = ''] = savedName(name)
    .split('.')
    .slice(1)
    .map(part => part.trim())
    .toReversed()
  return programs.has(last) && documents.has(before)
}

/** Whether a file says by its name that it is a program. */
export function isProgramName(name: string): boolean {
  return programs.has(extensionOf(name))
}

/** What stands behind the last dot; empty when there is none. */
export function extensionOf(name: string): string {
  return /\.([^.]+)$/.exec(savedName(name))?.[1] ?? ''
}
