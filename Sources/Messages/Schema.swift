import Foundation

/// The schema of every message, for logs that describe themselves.
public enum Schema {
  /// The serialised `google.protobuf.FileDescriptorSet` of kinglet.proto.
  public static let descriptorSet: [UInt8] = {
    guard let data = Data(base64Encoded: encoded) else {
      preconditionFailure("the generated schema is no base 64")
    }
    return [UInt8](data)
  }()
}
