import Geometry
import SwiftProtobuf

/// The generated message of the bytes.
func parse<M: SwiftProtobuf.Message>(
  _ bytes: UnsafeRawBufferPointer, as type: M.Type
) throws(MessageError) -> M {
  do {
    return try M(serializedBytes: bytes.bytes)
  } catch {
    throw .malformed(M.protoMessageName)
  }
}

extension Array where Element: BinaryFloatingPoint {
  /// Itself, when each number is finite and there are not more than `limit`.
  func checked(_ field: String, limit: Int) throws(MessageError) -> Self {
    guard count <= limit else { throw .tooMany(field, count: count, limit: limit) }
    guard allSatisfy(\.isFinite) else { throw .notFinite(field) }
    return self
  }

  /// Itself, when each number is finite and there are exactly `expected`.
  func checked(_ field: String, expected: Int) throws(MessageError) -> Self {
    guard count == expected else {
      throw .wrongCount(field, count: count, expected: expected)
    }
    return try checked(field, limit: expected)
  }
}

extension BinaryFloatingPoint {
  /// Itself, when it is finite.
  func checked(_ field: String) throws(MessageError) -> Self {
    guard isFinite else { throw .notFinite(field) }
    return self
  }
}

/// The value of a field that must be present.
func present<T>(_ isPresent: Bool, _ value: T, _ field: String) throws(MessageError) -> T {
  guard isPresent else { throw .missing(field) }
  return value
}

extension JointVector {
  init(_ list: [Double], _ field: String) throws(MessageError) {
    let list = try list.checked(field, expected: Self.count)
    self.init { list[$0] }
  }
}

extension Vector3 {
  init(_ list: [Double], _ field: String) throws(MessageError) {
    let list = try list.checked(field, expected: 3)
    self.init(list[0], list[1], list[2])
  }

  var list: [Double] { [x, y, z] }
}

extension ProtoPose {
  init<To: Frame, From: Frame>(_ pose: Transform<To, From>) {
    rotation = [pose.rotation.w] + pose.rotation.vector.list
    translation = pose.translation.list
  }

  func transform<To: Frame, From: Frame>(
    _ field: String
  ) throws(MessageError) -> Transform<To, From> {
    let quaternion = try rotation.checked(field, expected: 4)
    var pose = Transform<To, From>.identity
    pose.rotation.w = quaternion[0]
    pose.rotation.vector = Vector3(quaternion[1], quaternion[2], quaternion[3])
    try pose.rotation.checkUnit(field)
    pose.translation = try Vector3(translation, field)
    return pose
  }
}
