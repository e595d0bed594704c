/// Why bytes are not the message that they should be.
public enum MessageError: Error, Equatable, Sendable {
  /// The bytes are no valid protobuf of the named message.
  case malformed(String)
  /// The envelope holds none of the kinds that this program knows.
  case unknownKind
  /// More bytes than the named message may have.
  case tooLong(String, bytes: Int, limit: Int)
  /// A field that must be present is not.
  case missing(String)
  /// A list of fixed length has another one.
  case wrongCount(String, count: Int, expected: Int)
  /// A list is longer than allowed.
  case tooMany(String, count: Int, limit: Int)
  /// A number is NaN or infinite.
  case notFinite(String)
  /// A quaternion is not of unit length.
  case notRotation(String)
  /// An enumeration's value has no meaning here.
  case unknownValue(String, value: Int)
}

extension MessageError: CustomStringConvertible {
  /// One line for a person.
  public var description: String {
    switch self {
    case .malformed(let message):
      "the bytes are no valid \(message)"
    case .unknownKind:
      "the message is of a kind that this program does not know; do all processes run one version?"
    case .tooLong(let message, let bytes, let limit):
      "\(message) has \(bytes) bytes; at most \(limit) are allowed"
    case .missing(let field):
      "\(field) is missing"
    case .wrongCount(let field, let count, let expected):
      "\(field) has \(count) numbers instead of \(expected)"
    case .tooMany(let field, let count, let limit):
      "\(field) has \(count) entries; at most \(limit) are allowed"
    case .notFinite(let field):
      "\(field) holds a number that is not finite"
    case .notRotation(let field):
      "\(field) holds a quaternion that is not of unit length"
    case .unknownValue(let field, let value):
      "\(field) has the unknown value \(value)"
    }
  }
}
