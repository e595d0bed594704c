/// Reads an MCAP file, whole or damaged, by one owner of its mapping into memory.
///
/// The file must not be cut while it is read; another program may append to it, which is not seen.
/// Chunks are compressed with zstd or not at all. A file that has lost its end or some chunks is
/// read as far as it is whole.
public struct MCAPReader: ~Copyable, @unchecked Sendable {
  /// Who wrote the file; empty words where that is lost.
  public let header: MCAPHeader
  /// The schemas by their numbers.
  public let schemas: [UInt16: MCAPSchema]
  /// The channels by their numbers.
  public let channels: [UInt16: MCAPChannel]
  /// How much the file holds: as it says itself, or counted where its end is damaged.
  public let statistics: MCAPStatistics
  /// The first place where the data is cut off or not made of records; nil for none.
  ///
  /// Whether the checksums are right is for `MCAPFile.verify` to say.
  public let problem: MCAPProblem?
  private let image: FileImage
  private let survey: Survey
  let definitions: Definitions

  var path: String { image.path }
  var segments: [Segment] { survey.segments }

  /// Opens a file; throws `refused`, and `foreign` for a file that does not start as MCAP.
  ///
  /// A file without a sound summary is read once from start to end.
  public init(opening path: String) throws(MCAPError) {
    let image = try FileImage(path)
    guard image.hasMagic else { throw .foreign(file: path) }
    let summary = SoundSummary(image.bytes)
    survey = Survey(image.bytes, boundaries: summary?.boundaries ?? [])
    header = survey.header
    problem = survey.problem
    if let summary, let stated = summary.statistics {
      statistics = stated
      definitions = summary.definitions
    } else {
      (definitions, statistics) = Self.count(survey)
    }
    schemas = definitions.schemas
    channels = definitions.channels
    self.image = image
  }

  /// Goes through all segments and counts what is whole.
  private static func count(_ survey: Survey) -> (Definitions, MCAPStatistics) {
    var definitions = Definitions()
    var statistics = MCAPStatistics()
    var records = SegmentRecords()
    for (number, segment) in survey.segments.enumerated() {
      do throws(Fault) {
        var trial = definitions
        let messages = try trial.take(try records.of(number, segment))
        definitions = trial
        statistics.add(messages)
        statistics.chunks += segment.isChunk ? 1 : 0
      } catch {
        continue
      }
    }
    statistics.schemas = UInt16(definitions.schemas.count)
    statistics.channels = UInt32(definitions.channels.count)
    statistics.attachments = UInt32(survey.attachments.count)
    statistics.metadata = UInt32(survey.metadata.count)
    return (definitions, statistics)
  }

  /// The words about the recording, in the order of the file; throws `damaged`.
  public func metadata() throws(MCAPError) -> [MCAPMetadata] {
    var all: [MCAPMetadata] = []
    try checkLength(of: survey.metadata)
    for record in survey.metadata {
      do throws(Fault) {
        all.append(try MCAPMetadata(record.content))
      } catch {
        throw .damaged(file: image.path, offset: record.offset, reason: error.reason)
      }
    }
    return all
  }

  /// Copies of the files in the log, in the order of the file; throws `damaged`.
  public func attachments() throws(MCAPError) -> [MCAPAttachment] {
    var all: [MCAPAttachment] = []
    try checkLength(of: survey.attachments)
    for record in survey.attachments {
      do throws(Fault) {
        let attachment = try AttachmentRecord(record.content)
        guard attachment.writtenSum == 0 || attachment.writtenSum == attachment.sum else {
          throw Fault("the checksum of the attachment \(attachment.name) is wrong")
        }
        all.append(
          MCAPAttachment(
            name: attachment.name, mediaType: attachment.mediaType, logTime: attachment.logTime,
            createTime: attachment.createTime, data: Array(attachment.data)))
      } catch {
        throw .damaged(file: image.path, offset: record.offset, reason: error.reason)
      }
    }
    return all
  }

  /// Refuses records whose copies would take more memory than a chunk may.
  private func checkLength(of records: [Record]) throws(MCAPError) {
    let length = records.reduce(0) { $0 + $1.length }
    guard length <= Format.maximumChunk else {
      throw .damaged(
        file: image.path, offset: records[0].offset,
        reason: "\(records.count) such records hold \(length) bytes, over \(Format.maximumChunk)")
    }
  }
}
