import AviaryCore

/// Operators that treat every element by itself.
enum ElementwiseOperators {
  static let all: [any Operator.Type] = [
    // Mathematics.
    Unary<Abs>.self, Unary<Neg>.self, Unary<Sign>.self, Unary<Reciprocal>.self, Unary<Floor>.self,
    Unary<Ceil>.self, Unary<Round>.self, Unary<Sqrt>.self, Unary<Exp>.self, Unary<Log>.self,
    Unary<Erf>.self, Unary<Sin>.self, Unary<Cos>.self, Unary<Tan>.self, Unary<Asin>.self,
    Unary<Acos>.self, Unary<Atan>.self, Unary<Sinh>.self, Unary<Cosh>.self, Unary<Asinh>.self,
    Unary<Acosh>.self, Unary<Atanh>.self,
    // Activations.
    Unary<Relu>.self, Unary<Sigmoid>.self, Unary<Tanh>.self, Unary<HardSwish>.self,
    Unary<Softplus>.self, Unary<Softsign>.self, Unary<Mish>.self, Unary<HardSigmoid>.self,
    Unary<LeakyRelu>.self, Unary<Elu>.self, Unary<Selu>.self, Unary<Celu>.self,
    Unary<ThresholdedRelu>.self, Unary<Shrink>.self, Unary<Swish>.self, Unary<Gelu>.self,
    // Properties and bits of one element.
    Unary<IsNaN>.self, Unary<IsInf>.self, Unary<Not>.self, Unary<BitwiseNot>.self,
    // Two operands.
    Binary<Add>.self, Binary<Sub>.self, Binary<Mul>.self, Binary<Div>.self, Binary<Mod>.self,
    Binary<BitShift>.self, Binary<BitwiseAnd>.self, Binary<BitwiseOr>.self, Binary<BitwiseXor>.self,
    Binary<And>.self, Binary<Or>.self, Binary<Xor>.self, Binary<Equal>.self, Binary<Greater>.self,
    Binary<Less>.self, Binary<GreaterOrEqual>.self, Binary<LessOrEqual>.self, Pow.self, PRelu.self,
    // Any number of operands.
    Variadic<Sum>.self, Variadic<Mean>.self, Variadic<Max>.self, Variadic<Min>.self,
    // The rest.
    Clip.self, Where.self, Cast.self, CastLike.self, BitCast.self, SwiGLU.self,
  ]
}
