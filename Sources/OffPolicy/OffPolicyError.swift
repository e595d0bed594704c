public import NeuralNetworks

/// Why a policy or a checkpoint cannot be taken.
public enum OffPolicyError: Error, Equatable, CustomStringConvertible {
  /// The bytes or the arrays in them are not what they should be.
  case contents(SafetensorsError)
  /// The file says that it is something else.
  case format(expected: String, found: String)
  /// The policy or checkpoint is for another task: sizes as (observation, action).
  case sizes(expected: [Int], found: [Int])

  /// One line: what was expected, what was found.
  public var description: String {
    switch self {
    case .contents(let error): error.description
    case .format(let expected, let found):
      "format \(expected) expected, \"\(found)\" found: this file is for something else"
    case .sizes(let expected, let found):
      "observation and action sizes \(expected) expected, \(found) found: "
        + "the policy was trained for another task"
    }
  }
}
