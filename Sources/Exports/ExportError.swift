/// Why an export could not be made, in one line.
public enum ExportError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Something is already there under the export's name.
  case exists(target: String)
  /// The description cannot describe an episode.
  case malformedDescription(reason: String)
  /// The episode breaks a rule; the export is as it was before.
  case refusedEpisode(source: String, reason: String)
  /// The export was to be finished without an episode.
  case empty(target: String)
  /// The system or HDF5 refused to create, write or read a file.
  case refused(file: String, reason: String)
  /// A file read back does not hold what was written.
  case differs(file: String, reason: String)

  /// One line for a person.
  public var description: String {
    let text =
      switch self {
      case .exists(let target):
        "\(target): is already there; choose another name, or remove it first"
      case .malformedDescription(let reason):
        "export: \(reason)"
      case .refusedEpisode(let source, let reason):
        "\(source): \(reason)"
      case .empty(let target):
        "\(target): there is no episode to export; at least one is needed"
      case .refused(let file, let reason):
        "\(file): \(reason)"
      case .differs(let file, let reason):
        "\(file): read back, it does not hold what was written: \(reason)"
      }
    return String(text.map { $0.isNewline ? " " : $0 })
  }
}
