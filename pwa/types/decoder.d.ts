/** What passes between the page and the worker that reads codes. */

/** A part of a picture, in its pixels. */
export interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface FrameJob {
  id: number;
  frame: VideoFrame | ImageBitmap | ImageData;
  /** What to look at; null when the frame is that part already. */
  part: Part | null;
}

/** `id` 0 says that the worker is ready. */
export interface FrameAnswer {
  id: number;
  /** '' = no code */
  text: string;
  error?: string;
}
