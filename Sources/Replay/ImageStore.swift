import Tensors

/// What the cameras saw before a step and after it: raw bytes, all cameras one after another.
public struct StepImages: Sendable, Equatable {
  /// With the observation.
  public var before: [UInt8]
  /// With the next observation.
  public var after: [UInt8]

  /// Without cameras.
  public static var none: Self { Self(before: [], after: []) }

  /// The images of a step, equally long.
  public init(before: [UInt8], after: [UInt8]) {
    self.before = before
    self.after = after
  }
}

/// Images beside the records of a replay buffer: row by row the image before a step, and apart,
/// numbered as the buffer's tails are, those after a step that no row begins with.
struct ImageStore: ~Copyable, Sendable {
  /// Bytes of an image; 0: there are none.
  let size: Int
  private var before: Bytes
  private var tails: Bytes
  private var newest: Bytes

  init(capacity: Int, size: Int) {
    self.size = size
    before = Bytes(rows: capacity, columns: size)
    tails = Bytes(rows: 64, columns: size)
    newest = Bytes(rows: 1, columns: size)
  }

  /// The image before the step of a row.
  func image(_ row: Int) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(before.row(row)) }

  /// The image after the newest step.
  var newestTail: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(newest.row(0)) }

  /// The image of a tail.
  func tail(_ place: Int) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(tails.row(place)) }

  /// Whether the newest step leads to an image, byte by byte.
  func newestLeads(to image: [UInt8]) -> Bool { newestTail.elementsEqual(image) }

  /// Keeps a step's images as those of the newest, in a row.
  mutating func keep(_ images: StepImages, row: Int) {
    guard size > 0 else { return }
    before.setRow(row, to: images.before)
    newest.setRow(0, to: images.after)
  }

  /// Keeps the image after the newest step as a tail.
  mutating func keepNewest(as place: Int) {
    guard size > 0 else { return }
    if place >= tails.rows {
      var larger = Bytes(rows: max(2 * tails.rows, place + 1), columns: size)
      for row in 0..<tails.rows { larger.setRow(row, to: tails, row) }
      tails = larger
    }
    tails.setRow(place, to: newest, 0)
  }
}
