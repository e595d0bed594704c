/// Why a result could not be written or read, in one line.
public enum MetricsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The folder holds an earlier run, which is not to be replaced.
  case earlierRun(folder: String)
  /// The folder holds something that is not a run's, so it is left alone.
  case foreignFolder(String, contents: String)
  /// The folder holds no run.
  case noRun(folder: String)
  /// Another process works in the folder.
  case inUse(folder: String)
  /// The system refused to create, write or read a file.
  case refused(file: String, reason: String)
  /// A file does not hold what its name promises.
  case malformed(file: String, reason: String)

  /// One line for a person.
  public var description: String {
    let text =
      switch self {
      case .earlierRun(let folder):
        "\(folder): holds an earlier run; --replace removes it, run=… names another folder"
      case .foreignFolder(let folder, let contents):
        "\(folder): is not a run's folder, it holds \(contents); choose another one with run=…"
      case .noRun(let folder):
        "\(folder): holds no run; there is no \(RunFolder.resolvedRecipeName) in it"
      case .inUse(let folder):
        "\(folder): another session is running there; end it first, or name another folder with run=…"
      case .refused(let file, let reason):
        "\(file): \(reason)"
      case .malformed(let file, let reason):
        "\(file): \(reason)"
      }
    return String(text.map { $0.isNewline ? " " : $0 })
  }
}
