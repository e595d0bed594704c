/// Writes episodes in a format that other programs read, and checks what it wrote.
///
/// An episode that breaks a rule is refused and the export goes on without it; after any other
/// error the export is removed and every further call throws that error.
public protocol EpisodeExport: ~Copyable {
  /// Begins under a name that nothing may have yet.
  init(creating target: String, _ description: ExportDescription) throws(ExportError)
  /// Adds an episode.
  mutating func add(_ episode: ExportedEpisode) throws(ExportError)
  /// Reads everything back and gives it its name.
  consuming func finish() throws(ExportError) -> ExportSummary
}
