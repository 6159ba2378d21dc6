/// Ways by which a photo comes in, and what is sent of it: PNG and JPEG as they are, anything else as a JPEG.

/// A sentence for the reader about a file that cannot be used.
export class PhotoError extends Error {}

/// Calls `take(file)` for a photo that is chosen, dropped or pasted, `refuse(sentence)` for anything else.
export function acceptPhotos({ input, dropTarget, take, refuse }) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = ""; // so that choosing the same file again is a change
    if (file) take(file);
  });
  document.addEventListener("paste", (event) => {
    const file = picture(event.clipboardData?.files);
    if (file) {
      event.preventDefault();
      take(file);
    } else if (!isTextField(event.target)) {
      refuse("There is no picture in the clipboard.");
    }
  });
  // The whole window takes part: a photo that misses the frame must not replace the page.
  let depth = 0;
  const highlight = (on) => dropTarget.classList.toggle("dropping", on);
  addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth += 1;
    highlight(true);
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) highlight(false);
  });
  addEventListener("dragover", (event) => {
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    highlight(false);
    const file = picture(event.dataTransfer?.files);
    if (file) take(file);
    else if (event.dataTransfer?.files?.length) refuse("This file is not a picture.");
    else refuse("Only files can be dropped here: save the picture first, or copy and paste it.");
  });
}

export const canReadClipboard = typeof navigator.clipboard?.read === "function";

/// The picture in the clipboard, for a button (phones have no Ctrl+V).
export async function clipboardPhoto() {
  let items;
  try {
    items = await navigator.clipboard.read();
  } catch {
    throw new PhotoError("The browser keeps the clipboard to itself. Allow it, or choose a file.");
  }
  for (const item of items) {
    const type = item.types.find((one) => one.startsWith("image/"));
    if (type) return item.getType(type);
  }
  throw new PhotoError("There is no picture in the clipboard.");
}

/// What the server reads: the file itself if it is a PNG or JPEG by its first bytes, else a JPEG of it.
export async function sendable(file) {
  if (file.size === 0) throw new PhotoError("This file is empty.");
  const start = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  const type = known(start);
  if (type) return file.type === type ? file : new Blob([file], { type });
  const bitmap = await decoded(file);
  return encoded(bitmap, bitmap.width, bitmap.height);
}

/// A copy with at most this many pixels on its longer side.
export async function smaller(file, longest) {
  const bitmap = await decoded(file);
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  return encoded(bitmap, Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
}

/// Shows a blob in an image element; a `PhotoError` if the browser cannot read it.
export async function display(image, blob) {
  release(image);
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
  } catch {
    release(image);
    throw new PhotoError("This file cannot be read as a picture. JPEG and PNG always work.");
  }
}

export function release(image) {
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.removeAttribute("src");
}

async function decoded(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new PhotoError("This file cannot be read as a picture. JPEG and PNG always work.");
  }
}

async function encoded(bitmap, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, width);
  canvas.height = Math.max(1, height);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white"; // what shows through where the picture is transparent
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return jpeg(canvas, 0.92);
}

/// The canvas as a JPEG.
export function jpeg(canvas, quality) {
  return new Promise((resolve, reject) => {
    const take = (blob) => (blob ? resolve(blob) : reject(new PhotoError("The browser has no memory left.")));
    canvas.toBlob(take, "image/jpeg", quality);
  });
}

function picture(files) {
  return [...(files ?? [])].find((file) => file.type.startsWith("image/"));
}

function known(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "image/jpeg";
  const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return png.every((byte, index) => bytes[index] === byte) ? "image/png" : undefined;
}

function isTextField(target) {
  return target instanceof Element && target.matches("input:not([type=checkbox]), textarea");
}
