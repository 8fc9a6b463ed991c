import { FileUpload } from "./generated/barrel.js";
import type { FileUploadState } from "./generated/barrel.js";

export interface UploadedFile {
  name: string;
  type: string;
  size: number;
  lastModified: Date;
  bytes: Uint8Array;
  /** The bytes as UTF-8 text. */
  text(): string;
}

/** A button by which the reader hands over files; they go to this kernel and nowhere else. */
export class Upload extends FileUpload {
  /** The files handed over, with their bytes. */
  get files(): UploadedFile[] {
    return this.value.map((entry) => {
      const e = entry as {
        name: string;
        type: string;
        size: number;
        last_modified: number;
        content: ArrayBufferView | undefined;
      };
      const bytes = e.content
        ? new Uint8Array(e.content.buffer as ArrayBuffer, e.content.byteOffset, e.content.byteLength)
        : new Uint8Array();
      return {
        name: e.name,
        type: e.type,
        size: e.size,
        lastModified: new Date(e.last_modified),
        bytes,
        text: () => new TextDecoder().decode(bytes),
      };
    });
  }

  /** The next files handed over. */
  get uploaded(): Promise<UploadedFile[]> {
    return new Promise((resolve) => {
      const stop = this.observe("value", () => {
        stop();
        resolve(this.files);
      });
    });
  }
}

/** `const [file] = await upload({ accept: ".csv" }).uploaded` after showing it. */
export function upload(init: Partial<FileUploadState> = {}): Upload {
  return new Upload({ description: "Upload", ...init });
}
