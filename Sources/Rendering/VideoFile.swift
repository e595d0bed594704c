import Glibc

/// An H.264 video in an MP4 file, written frame by frame through ffmpeg.
///
/// Frames gather in `NAME.part.mp4`, which becomes `NAME.mp4` when the video is finished; dropped
/// before that, it leaves no file and no process behind.
public struct VideoFile: ~Copyable {
  private let path: String
  private let width: Int
  private let height: Int
  private var encoder: EncoderProcess
  /// Frames added so far.
  public private(set) var frameCount = 0

  /// Starts a video of frames of one size [pixels].
  ///
  /// The path ends in `.mp4`; a file that is there is replaced at the end. Both sides are even, as
  /// the format has colours for squares of four pixels. `encoder` is ffmpeg's name in PATH or its
  /// path; it is given up after `patience` without progress.
  public init(
    creating path: String, width: Int, height: Int, framesPerSecond: Double,
    encoder: String = "ffmpeg", patience: Duration = .seconds(30)
  ) throws(RenderingError) {
    let sides = 2...SceneRenderer.largestSide
    guard [width, height].allSatisfy({ sides.contains($0) && $0 % 2 == 0 }) else {
      let valid = "each side of a video must be even and 2 to \(SceneRenderer.largestSide)"
      throw .invalidSize(width: width, height: height, valid: valid)
    }
    guard framesPerSecond >= 0.1, framesPerSecond <= 1000 else {
      throw .invalidVideo(
        file: path, reason: "\(framesPerSecond) frames per second, must be 0.1 to 1000")
    }
    let suffix = ".mp4"
    guard path.hasSuffix(suffix), !path.utf8.contains(0) else {
      throw .invalidVideo(file: path, reason: "the name of a video must end in \(suffix)")
    }
    let partial = path.dropLast(suffix.count) + ".part" + suffix
    try Self.create(partial)
    self.encoder = try EncoderProcess(
      program: encoder,
      arguments: Self.arguments(
        output: partial, width: width, height: height, framesPerSecond: framesPerSecond),
      output: partial, patience: patience)
    self.path = path
    self.width = width
    self.height = height
  }

  /// Creates the file, or empties it, so that a folder that refuses it is known at once.
  private static func create(_ path: String) throws(RenderingError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .refused(file: path, reason: systemReason()) }
    close(descriptor)
  }

  private static func arguments(
    output: String, width: Int, height: Int, framesPerSecond: Double
  ) -> [String] {
    let input = [
      "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", "\(width)x\(height)",
      "-framerate", "\(framesPerSecond)", "-i", "pipe:0",
    ]
    // Colours are named in the file: players guess otherwise, and differ.
    let colours = [
      "-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709",
      "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
    ]
    let format = [
      "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p",
      "-movflags", "+faststart", "-f", "mp4",
    ]
    // The prefix keeps a name with a colon from being read as a protocol.
    // Without -xerror a full disk at the very end is told, but is no failure.
    let quiet = ["-nostdin", "-hide_banner", "-loglevel", "error", "-xerror", "-y"]
    return quiet + input + colours + format + ["file:" + output]
  }

  /// Adds the next frame.
  ///
  /// Throws for an image of another size, and when the encoder has ended or makes no progress.
  public mutating func add(_ image: RGBImage) throws(RenderingError) {
    guard image.width == width, image.height == height else {
      throw .invalidSize(
        width: image.width, height: image.height,
        valid: "each frame of this video must be \(width) x \(height)")
    }
    try encoder.write(image.pixels)
    frameCount += 1
  }

  /// Completes the video under its name.
  ///
  /// Throws for a video without frames, and when the encoder or the system refuses.
  public consuming func finish() throws(RenderingError) {
    guard frameCount > 0 else {
      throw .invalidVideo(file: path, reason: "a video needs at least one frame")
    }
    try encoder.finish()
    let partial = encoder.output
    do throws(RenderingError) {
      try Self.settle(partial)
      guard rename(partial, path) == 0 else { throw .refused(file: path, reason: systemReason()) }
    } catch {
      unlink(partial)
      throw error
    }
  }

  /// Sees to it that the disk has the file, which must not be empty.
  private static func settle(_ path: String) throws(RenderingError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .refused(file: path, reason: systemReason()) }
    defer { close(descriptor) }
    guard lseek(descriptor, 0, SEEK_END) > 0 else {
      throw .encoderFailed(file: path, reason: "wrote nothing")
    }
    guard fsync(descriptor) == 0 else { throw .refused(file: path, reason: systemReason()) }
  }
}
