import Foundation

/// A share of one as percent.
func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }

/// A difference of two shares.
func points(_ share: Double) -> String { String(format: "%.2f points", 100 * share) }

/// Three significant digits.
func significant(_ value: Double) -> String { String(format: "%.3g", value) }

/// A difference of two shares in points, with its sign.
func signed(_ share: Double) -> String { String(format: "%+.2f", 100 * share) }
