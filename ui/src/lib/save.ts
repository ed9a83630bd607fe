// Files that the browser keeps where its user keeps downloads.

/** Hands a file to whoever looks. */
export function saveFile(name: string, file: Blob) {
  const url = URL.createObjectURL(file);
  const a = document.createElement("a");
  a.href = url;
  a.download = name;
  a.click();
  URL.revokeObjectURL(url);
}
