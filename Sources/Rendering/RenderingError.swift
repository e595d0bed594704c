/// Why a picture or a video could not be made, in one line.
public enum RenderingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No offscreen OpenGL context can be had.
  case noContext(reason: String)
  /// MuJoCo cannot read or compile the model.
  case unreadableModel(reason: String)
  /// A picture or a frame cannot have this size [pixels].
  case invalidSize(width: Int, height: Int, valid: String)
  /// MuJoCo's renderer or OpenGL refused to work.
  case rendererFailed(reason: String)
  /// The model has no body of this name.
  case unknownBody(name: String)
  /// A body cannot be placed as asked.
  case invalidPlace(body: String, reason: String)
  /// A state is not one of this model.
  case invalidState(reason: String)
  /// Nothing can be seen from there.
  case invalidCamera(reason: String)
  /// A video cannot be written as asked.
  case invalidVideo(file: String, reason: String)
  /// The program that encodes videos cannot be started.
  case noEncoder(program: String, reason: String)
  /// The encoder gave up, or made no progress.
  case encoderFailed(file: String, reason: String)
  /// The system refused to create or rename a file.
  case refused(file: String, reason: String)

  /// One line for a person.
  public var description: String {
    let text = pictureFault(self) ?? videoFault(self) ?? ""
    return String(text.map { $0.isNewline ? " " : $0 })
  }
}

private func pictureFault(_ error: RenderingError) -> String? {
  switch error {
  case .noContext(let reason): "no offscreen OpenGL: \(reason)"
  case .unreadableModel(let reason): "scene model: \(reason)"
  case .invalidSize(let width, let height, let valid):
    "picture of \(width) x \(height) pixels: \(valid)"
  case .rendererFailed(let reason): "MuJoCo's renderer: \(reason)"
  case .unknownBody(let name): "body \(name): the scene model has none of this name"
  case .invalidPlace(let body, let reason): "body \(body): \(reason)"
  case .invalidState(let reason): "scene state: \(reason)"
  case .invalidCamera(let reason): "camera: \(reason)"
  default: nil
  }
}

private func videoFault(_ error: RenderingError) -> String? {
  switch error {
  case .invalidVideo(let file, let reason), .refused(let file, let reason):
    "\(file): \(reason)"
  case .noEncoder(let program, let reason):
    "\(program): \(reason); a video needs ffmpeg (Debian: apt-get install ffmpeg)"
  case .encoderFailed(let file, let reason): "\(file): the encoder \(reason)"
  default: nil
  }
}
