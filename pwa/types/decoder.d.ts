/** What passes between the page and the worker that reads codes. */

export interface FrameJob {
  id: number;
  frame: ImageBitmap | ImageData;
}

/** `id` 0 says that the worker is ready. */
export interface FrameAnswer {
  id: number;
  /** '' = no code */
  text: string;
  error?: string;
}
