namespace BpfIncr.Stages.Llvm;

// Values of the LLVM C API's enumerations that this project uses; the numbers are LLVM's stable ABI.

internal enum LLVMLinkage
{
    External = 0,
    AvailableExternally = 1,
    LinkOnceAny = 2,
    LinkOnceODR = 3,
    WeakAny = 5,
    WeakODR = 6,
    Appending = 7,
    Internal = 8,
    Private = 9,
    ExternalWeak = 12,
    Common = 14,
}

internal enum LLVMVisibility
{
    Default = 0,
    Hidden = 1,
}

internal enum LLVMOpcode
{
    Ret = 1,
    Br = 2,
    IndirectBr = 4,
    Invoke = 5,
    Unreachable = 7,
    Add = 8,
    FAdd = 9,
    Sub = 10,
    FSub = 11,
    Mul = 12,
    FMul = 13,
    UDiv = 14,
    SDiv = 15,
    FDiv = 16,
    URem = 17,
    SRem = 18,
    FRem = 19,
    Shl = 20,
    LShr = 21,
    AShr = 22,
    And = 23,
    Or = 24,
    Xor = 25,
    Alloca = 26,
    Load = 27,
    Store = 28,
    GetElementPtr = 29,
    Trunc = 30,
    ZExt = 31,
    SExt = 32,
    FPToUI = 33,
    FPToSI = 34,
    UIToFP = 35,
    SIToFP = 36,
    FPTrunc = 37,
    FPExt = 38,
    IntToPtr = 40,
    ICmp = 42,
    FCmp = 43,
    Phi = 44,
    Call = 45,
    Select = 46,
    VAArg = 49,
    Fence = 55,
    AtomicCmpXchg = 56,
    AtomicRMW = 57,
    FNeg = 66,
}

internal enum LLVMAtomicOrdering
{
    NotAtomic = 0,
    Unordered = 1,
    Monotonic = 2,
    Acquire = 4,
    Release = 5,
    AcquireRelease = 6,
    SequentiallyConsistent = 7,
}

internal enum LLVMAtomicRMWBinOp
{
    Xchg = 0,
    Add = 1,
    Sub = 2,
    And = 3,
    Nand = 4,
    Or = 5,
    Xor = 6,
}

internal enum LLVMUnnamedAddr
{
    NoUnnamedAddr = 0,
    LocalUnnamedAddr = 1,
    GlobalUnnamedAddr = 2,
}

internal enum LLVMTypeKind
{
    Void = 0,
    Half = 1,
    PPCFP128 = 6,
    Integer = 8,
    Struct = 10,
    Array = 11,
    Pointer = 12,
    ScalableVector = 17,
}

internal enum LLVMDiagnosticSeverity
{
    Error = 0,
    Warning = 1,
    Remark = 2,
    Note = 3,
}

internal enum LLVMMetadataKind
{
    MDString = 0,
    ConstantAsMetadata = 1,
    LocalAsMetadata = 2,
    DILocation = 5,
    DIBasicType = 11,
    DIFile = 15,
    DICompileUnit = 16,
    DISubprogram = 17,
    DILexicalBlock = 18,
    DILexicalBlockFile = 19,
}

internal enum LLVMCodeGenFileType
{
    Assembly = 0,
    Object = 1,
}

internal enum LLVMRelocMode
{
    Default = 0,
}

internal enum LLVMCodeModel
{
    Default = 0,
}

internal enum LLVMVerifierFailureAction
{
    ReturnStatus = 2,
}
