using System.Runtime.InteropServices;

namespace BpfIncr.Stages.Llvm;

/// <summary>
/// The part of the LLVM C API that the stages use, under its own names. <see cref="LlvmLibrary"/> says which libLLVM
/// answers. Strings that LLVM hands out stay pointers here: who owns one differs from call to call.
/// </summary>
internal static unsafe partial class LLVM
{
    internal const string Library = "LLVM";

    // Context and diagnostics.
    [LibraryImport(Library)] internal static partial LLVMContextRef LLVMContextCreate();
    [LibraryImport(Library)] internal static partial void LLVMContextDispose(LLVMContextRef context);
    [LibraryImport(Library)] internal static partial void LLVMContextSetDiagnosticHandler(LLVMContextRef context, delegate* unmanaged[Cdecl]<LLVMDiagnosticInfoRef, void*, void> handler, void* state);
    [LibraryImport(Library)] internal static partial byte* LLVMGetDiagInfoDescription(LLVMDiagnosticInfoRef info);
    [LibraryImport(Library)] internal static partial LLVMDiagnosticSeverity LLVMGetDiagInfoSeverity(LLVMDiagnosticInfoRef info);
    [LibraryImport(Library)] internal static partial void LLVMDisposeMessage(byte* message);
    [LibraryImport(Library)] internal static partial byte* LLVMGetErrorMessage(LLVMErrorRef error);
    [LibraryImport(Library)] internal static partial void LLVMDisposeErrorMessage(byte* message);
    [LibraryImport(Library)] internal static partial void LLVMGetVersion(out uint major, out uint minor, out uint patch);
    [LibraryImport(Library)] internal static partial void LLVMParseCommandLineOptions(int count, byte** arguments, byte* overview);
    [LibraryImport(Library)] internal static partial LLVMContextRef LLVMGetTypeContext(LLVMTypeRef type);

    // Buffers and modules.
    [LibraryImport(Library)] internal static partial LLVMMemoryBufferRef LLVMCreateMemoryBufferWithMemoryRangeCopy(byte* data, nuint length, byte* name);
    [LibraryImport(Library)] internal static partial byte* LLVMGetBufferStart(LLVMMemoryBufferRef buffer);
    [LibraryImport(Library)] internal static partial nuint LLVMGetBufferSize(LLVMMemoryBufferRef buffer);
    [LibraryImport(Library)] internal static partial void LLVMDisposeMemoryBuffer(LLVMMemoryBufferRef buffer);
    [LibraryImport(Library)] internal static partial int LLVMParseBitcodeInContext2(LLVMContextRef context, LLVMMemoryBufferRef buffer, out LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial int LLVMGetBitcodeModuleInContext2(LLVMContextRef context, LLVMMemoryBufferRef buffer, out LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial int LLVMParseIRInContext(LLVMContextRef context, LLVMMemoryBufferRef buffer, out LLVMModuleRef module, out byte* message);
    [LibraryImport(Library)] internal static partial LLVMMemoryBufferRef LLVMWriteBitcodeToMemoryBuffer(LLVMModuleRef module);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMModuleRef LLVMModuleCreateWithNameInContext(string name, LLVMContextRef context);
    [LibraryImport(Library)] internal static partial void LLVMDisposeModule(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial LLVMModuleRef LLVMCloneModule(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial int LLVMLinkModules2(LLVMModuleRef destination, LLVMModuleRef source);
    [LibraryImport(Library)] internal static partial int LLVMVerifyModule(LLVMModuleRef module, LLVMVerifierFailureAction action, out byte* message);
    [LibraryImport(Library)] internal static partial byte* LLVMPrintModuleToString(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial byte* LLVMGetTarget(LLVMModuleRef module);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial void LLVMSetTarget(LLVMModuleRef module, string triple);
    [LibraryImport(Library)] internal static partial LLVMTargetDataRef LLVMGetModuleDataLayout(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial ulong LLVMABISizeOfType(LLVMTargetDataRef layout, LLVMTypeRef type);
    [LibraryImport(Library)] internal static partial void LLVMSetModuleDataLayout(LLVMModuleRef module, LLVMTargetDataRef layout);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetFirstGlobalIFunc(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetNextGlobalIFunc(LLVMValueRef ifunc);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAGlobalValue(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial void LLVMSetModuleInlineAsm2(LLVMModuleRef module, byte* text, nuint length);
    [LibraryImport(Library)] internal static partial byte* LLVMGetModuleInlineAsm(LLVMModuleRef module, out nuint length);
    [LibraryImport(Library)] internal static partial int LLVMStripModuleDebugInfo(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial void LLVMSetModuleIdentifier(LLVMModuleRef module, byte* name, nuint length);
    [LibraryImport(Library)] internal static partial void LLVMSetSourceFileName(LLVMModuleRef module, byte* name, nuint length);

    // Walking a module.
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetFirstFunction(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetNextFunction(LLVMValueRef function);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetFirstGlobal(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetNextGlobal(LLVMValueRef global);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetFirstGlobalAlias(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetNextGlobalAlias(LLVMValueRef alias);
    [LibraryImport(Library)] internal static partial LLVMBasicBlockRef LLVMGetFirstBasicBlock(LLVMValueRef function);
    [LibraryImport(Library)] internal static partial LLVMBasicBlockRef LLVMGetNextBasicBlock(LLVMBasicBlockRef block);
    [LibraryImport(Library)] internal static partial uint LLVMGetNumSuccessors(LLVMValueRef terminator);
    [LibraryImport(Library)] internal static partial LLVMBasicBlockRef LLVMGetSuccessor(LLVMValueRef terminator, uint index);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetFirstInstruction(LLVMBasicBlockRef block);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetLastInstruction(LLVMBasicBlockRef block);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetNextInstruction(LLVMValueRef instruction);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetPreviousInstruction(LLVMValueRef instruction);
    [LibraryImport(Library)] internal static partial LLVMOpcode LLVMGetInstructionOpcode(LLVMValueRef instruction);
    [LibraryImport(Library)] internal static partial int LLVMGetIsDisjoint(LLVMValueRef instruction);
    [LibraryImport(Library)] internal static partial int LLVMIsAtomicSingleThread(LLVMValueRef instruction);
    [LibraryImport(Library)] internal static partial LLVMAtomicOrdering LLVMGetOrdering(LLVMValueRef access);
    [LibraryImport(Library)] internal static partial LLVMAtomicRMWBinOp LLVMGetAtomicRMWBinOp(LLVMValueRef operation);
    [LibraryImport(Library)] internal static partial int LLVMIsConstant(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial int LLVMIsThreadLocal(LLVMValueRef global);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAGlobalAlias(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMAliasGetAliasee(LLVMValueRef alias);
    [LibraryImport(Library)] internal static partial int LLVMIsExternallyInitialized(LLVMValueRef global);
    [LibraryImport(Library)] internal static partial int LLVMIsGlobalConstant(LLVMValueRef global);
    [LibraryImport(Library)] internal static partial LLVMUnnamedAddr LLVMGetUnnamedAddress(LLVMValueRef global);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetInitializer(LLVMValueRef global);
    [LibraryImport(Library)] internal static partial void LLVMSetOrdering(LLVMValueRef access, LLVMAtomicOrdering ordering);
    [LibraryImport(Library)] internal static partial void LLVMSetVolatile(LLVMValueRef access, int isVolatile);
    [LibraryImport(Library)] internal static partial int LLVMGetVolatile(LLVMValueRef access);
    [LibraryImport(Library)] internal static partial LLVMBasicBlockRef LLVMGetInstructionParent(LLVMValueRef instruction);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetBasicBlockParent(LLVMBasicBlockRef block);
    [LibraryImport(Library)] internal static partial LLVMUseRef LLVMGetFirstUse(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMUseRef LLVMGetNextUse(LLVMUseRef use);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetUser(LLVMUseRef use);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMGetNamedFunction(LLVMModuleRef module, string name);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMGetNamedGlobal(LLVMModuleRef module, string name);

    // Globals and functions.
    [LibraryImport(Library)] internal static partial byte* LLVMGetValueName2(LLVMValueRef value, out nuint length);
    [LibraryImport(Library)] internal static partial void LLVMSetValueName2(LLVMValueRef value, byte* name, nuint length);
    [LibraryImport(Library)] internal static partial int LLVMIsDeclaration(LLVMValueRef global);
    [LibraryImport(Library)] internal static partial LLVMLinkage LLVMGetLinkage(LLVMValueRef global);
    [LibraryImport(Library)] internal static partial void LLVMSetLinkage(LLVMValueRef global, LLVMLinkage linkage);
    [LibraryImport(Library)] internal static partial void LLVMSetVisibility(LLVMValueRef global, LLVMVisibility visibility);
    [LibraryImport(Library)] internal static partial byte* LLVMGetSection(LLVMValueRef global);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial void LLVMSetSection(LLVMValueRef global, string? section);
    [LibraryImport(Library)] internal static partial uint LLVMGetIntrinsicID(LLVMValueRef function);
    [LibraryImport(Library)] internal static partial uint LLVMCountParams(LLVMValueRef function);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetParam(LLVMValueRef function, uint index);
    [LibraryImport(Library)] internal static partial int LLVMHasPersonalityFn(LLVMValueRef function);
    [LibraryImport(Library)] internal static partial void LLVMSetPersonalityFn(LLVMValueRef function, LLVMValueRef personality);
    [LibraryImport(Library)] internal static partial void LLVMDeleteFunction(LLVMValueRef function);
    [LibraryImport(Library)] internal static partial void LLVMDeleteGlobal(LLVMValueRef global);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMAddFunction(LLVMModuleRef module, string name, LLVMTypeRef type);
    [LibraryImport(Library)] internal static partial void LLVMReplaceAllUsesWith(LLVMValueRef old, LLVMValueRef replacement);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMGlobalGetValueType(LLVMValueRef global);

    [LibraryImport(Library)] internal static partial void LLVMSetComdat(LLVMValueRef global, nint comdat);
    [LibraryImport(Library)] internal static partial uint LLVMGetFunctionCallConv(LLVMValueRef function);
    [LibraryImport(Library)] internal static partial void LLVMSetFunctionCallConv(LLVMValueRef function, uint convention);
    [LibraryImport(Library)] internal static partial uint LLVMGetInstructionCallConv(LLVMValueRef call);
    [LibraryImport(Library)] internal static partial void LLVMSetInstructionCallConv(LLVMValueRef call, uint convention);
    [LibraryImport(Library)] internal static partial byte* LLVMGetDataLayoutStr(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial void LLVMSetDataLayout(LLVMModuleRef module, byte* layout);

    // Attributes.
    [LibraryImport(Library)] internal static partial uint LLVMGetEnumAttributeKindForName(byte* name, nuint length);
    [LibraryImport(Library)] internal static partial LLVMAttributeRef LLVMCreateStringAttribute(LLVMContextRef context, byte* name, uint nameLength, byte* value, uint valueLength);
    [LibraryImport(Library)] internal static partial LLVMAttributeRef LLVMCreateEnumAttribute(LLVMContextRef context, uint kind, ulong value);
    [LibraryImport(Library)] internal static partial void LLVMAddAttributeAtIndex(LLVMValueRef function, uint index, LLVMAttributeRef attribute);
    [LibraryImport(Library)] internal static partial LLVMAttributeRef LLVMGetEnumAttributeAtIndex(LLVMValueRef function, uint index, uint kind);
    [LibraryImport(Library)] internal static partial void LLVMRemoveEnumAttributeAtIndex(LLVMValueRef function, uint index, uint kind);
    [LibraryImport(Library)] internal static partial void LLVMRemoveStringAttributeAtIndex(LLVMValueRef function, uint index, byte* name, uint length);
    [LibraryImport(Library)] internal static partial void LLVMAddCallSiteAttribute(LLVMValueRef call, uint index, LLVMAttributeRef attribute);
    [LibraryImport(Library)] internal static partial LLVMAttributeRef LLVMGetCallSiteEnumAttribute(LLVMValueRef call, uint index, uint kind);
    [LibraryImport(Library)] internal static partial void LLVMRemoveCallSiteEnumAttribute(LLVMValueRef call, uint index, uint kind);
    [LibraryImport(Library)] internal static partial ulong LLVMGetEnumAttributeValue(LLVMAttributeRef attribute);

    // Types, constants, calls and building.
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMTypeOf(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMTypeKind LLVMGetTypeKind(LLVMTypeRef type);
    [LibraryImport(Library)] internal static partial uint LLVMGetIntTypeWidth(LLVMTypeRef type);
    [LibraryImport(Library)] internal static partial byte* LLVMPrintTypeToString(LLVMTypeRef type);
    [LibraryImport(Library)] internal static partial int LLVMIsFunctionVarArg(LLVMTypeRef functionType);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMVoidTypeInContext(LLVMContextRef context);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMInt64TypeInContext(LLVMContextRef context);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMIntTypeInContext(LLVMContextRef context, uint bits);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMPointerTypeInContext(LLVMContextRef context, uint addressSpace);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMArrayType2(LLVMTypeRef element, ulong count);
    [LibraryImport(Library)] internal static partial ulong LLVMOffsetOfElement(LLVMTargetDataRef layout, LLVMTypeRef type, uint element);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMGetElementType(LLVMTypeRef type);
    [LibraryImport(Library)] internal static partial ulong LLVMGetArrayLength2(LLVMTypeRef array);
    [LibraryImport(Library)] internal static partial uint LLVMCountStructElementTypes(LLVMTypeRef structure);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMFunctionType(LLVMTypeRef result, LLVMTypeRef* parameters, uint count, int variadic);
    [LibraryImport(Library)] internal static partial uint LLVMGetPointerAddressSpace(LLVMTypeRef pointer);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMGetReturnType(LLVMTypeRef functionType);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetInlineAsm(LLVMTypeRef type, byte* text, nuint textLength, byte* constraints, nuint constraintsLength, int sideEffects, int alignStack, int dialect, int canThrow);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAInlineAsm(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAFunction(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAGlobalVariable(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAConstantExpr(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMOpcode LLVMGetConstOpcode(LLVMValueRef expression);
    [LibraryImport(Library)] internal static partial uint LLVMGetAlignment(LLVMValueRef access);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAAllocaInst(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMGetAllocatedType(LLVMValueRef alloca);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAGlobalObject(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsACallInst(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAInstruction(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAConstantInt(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial uint LLVMGetNumArgOperands(LLVMValueRef call);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAConstantStruct(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAConstantDataSequential(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial byte* LLVMGetAsString(LLVMValueRef constant, out nuint length);
    [LibraryImport(Library)] internal static partial ulong LLVMConstIntGetZExtValue(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial long LLVMConstIntGetSExtValue(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAArgument(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetParamParent(LLVMValueRef argument);
    [LibraryImport(Library)] internal static partial void LLVMSetAlignment(LLVMValueRef value, uint bytes);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMConstInt(LLVMTypeRef type, ulong value, int signExtend);
    [LibraryImport(Library)] internal static partial int LLVMIsNull(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetAggregateElement(LLVMValueRef constant, uint index);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMGetGEPSourceElementType(LLVMValueRef pointer);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetCalledValue(LLVMValueRef call);
    [LibraryImport(Library)] internal static partial LLVMTypeRef LLVMGetCalledFunctionType(LLVMValueRef call);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetOperand(LLVMValueRef user, uint index);
    [LibraryImport(Library)] internal static partial int LLVMGetNumOperands(LLVMValueRef user);
    [LibraryImport(Library)] internal static partial void LLVMSetOperand(LLVMValueRef user, uint index, LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsABlockAddress(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial int LLVMIsUndef(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMConstNull(LLVMTypeRef type);
    [LibraryImport(Library)] internal static partial LLVMBuilderRef LLVMCreateBuilderInContext(LLVMContextRef context);
    [LibraryImport(Library)] internal static partial void LLVMDisposeBuilder(LLVMBuilderRef builder);
    [LibraryImport(Library)] internal static partial void LLVMPositionBuilderBefore(LLVMBuilderRef builder, LLVMValueRef instruction);
    [LibraryImport(Library)] internal static partial void LLVMPositionBuilderAtEnd(LLVMBuilderRef builder, LLVMBasicBlockRef block);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMBasicBlockRef LLVMAppendBasicBlockInContext(LLVMContextRef context, LLVMValueRef function, string name);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMBuildAlloca(LLVMBuilderRef builder, LLVMTypeRef type, string name);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMBuildLoad2(LLVMBuilderRef builder, LLVMTypeRef type, LLVMValueRef pointer, string name);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMBuildStore(LLVMBuilderRef builder, LLVMValueRef value, LLVMValueRef pointer);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMBuildGEP2(LLVMBuilderRef builder, LLVMTypeRef type, LLVMValueRef pointer, LLVMValueRef* indices, uint count, string name);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMBuildCall2(LLVMBuilderRef builder, LLVMTypeRef type, LLVMValueRef callee, LLVMValueRef* arguments, uint count, string name);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMBuildUnreachable(LLVMBuilderRef builder);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMBuildIntCast2(LLVMBuilderRef builder, LLVMValueRef value, LLVMTypeRef type, int isSigned, string name);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMBuildSelect(LLVMBuilderRef builder, LLVMValueRef condition, LLVMValueRef yes, LLVMValueRef no, string name);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMBuildAdd(LLVMBuilderRef builder, LLVMValueRef left, LLVMValueRef right, string name);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMBuildMul(LLVMBuilderRef builder, LLVMValueRef left, LLVMValueRef right, string name);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMValueRef LLVMBuildPhi(LLVMBuilderRef builder, LLVMTypeRef type, string name);
    [LibraryImport(Library)] internal static partial void LLVMAddIncoming(LLVMValueRef phi, LLVMValueRef* values, LLVMBasicBlockRef* blocks, uint count);
    [LibraryImport(Library)] internal static partial uint LLVMCountIncoming(LLVMValueRef phi);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMGetIncomingValue(LLVMValueRef phi, uint index);
    [LibraryImport(Library)] internal static partial LLVMBasicBlockRef LLVMGetIncomingBlock(LLVMValueRef phi, uint index);
    [LibraryImport(Library)] internal static partial void LLVMInstructionEraseFromParent(LLVMValueRef instruction);

    // Metadata and debug info.
    [LibraryImport(Library)] internal static partial LLVMNamedMDNodeRef LLVMGetFirstNamedMetadata(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial LLVMNamedMDNodeRef LLVMGetNextNamedMetadata(LLVMNamedMDNodeRef node);
    [LibraryImport(Library)] internal static partial byte* LLVMGetNamedMetadataName(LLVMNamedMDNodeRef node, out nuint length);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial uint LLVMGetNamedMetadataNumOperands(LLVMModuleRef module, string name);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial void LLVMGetNamedMetadataOperands(LLVMModuleRef module, string name, LLVMValueRef* operands);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMValueAsMetadata(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMMetadataAsValue(LLVMContextRef context, LLVMMetadataRef metadata);
    [LibraryImport(Library)] internal static partial LLVMMetadataKind LLVMGetMetadataKind(LLVMMetadataRef metadata);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAMDNode(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMIsAMDString(LLVMValueRef value);
    [LibraryImport(Library)] internal static partial byte* LLVMGetMDString(LLVMValueRef value, out uint length);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMMDStringInContext2(LLVMContextRef context, byte* text, nuint length);
    [LibraryImport(Library)] internal static partial uint LLVMGetMDNodeNumOperands(LLVMValueRef node);
    [LibraryImport(Library)] internal static partial void LLVMGetMDNodeOperands(LLVMValueRef node, LLVMValueRef* operands);
    [LibraryImport(Library)] internal static partial void LLVMReplaceMDNodeOperandWith(LLVMValueRef node, uint index, LLVMMetadataRef replacement);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMGetSubprogram(LLVMValueRef function);
    [LibraryImport(Library)] internal static partial void LLVMSetSubprogram(LLVMValueRef function, LLVMMetadataRef subprogram);
    [LibraryImport(Library)] internal static partial uint LLVMDISubprogramGetLine(LLVMMetadataRef subprogram);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMInstructionGetDebugLoc(LLVMValueRef instruction);
    [LibraryImport(Library)] internal static partial void LLVMInstructionSetDebugLoc(LLVMValueRef instruction, LLVMMetadataRef location);
    [LibraryImport(Library)] internal static partial uint LLVMDILocationGetLine(LLVMMetadataRef location);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDILocationGetScope(LLVMMetadataRef location);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDILocationGetInlinedAt(LLVMMetadataRef location);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIScopeGetFile(LLVMMetadataRef scope);
    [LibraryImport(Library)] internal static partial byte* LLVMDIFileGetFilename(LLVMMetadataRef file, out uint length);
    [LibraryImport(Library)] internal static partial byte* LLVMDIFileGetDirectory(LLVMMetadataRef file, out uint length);
    [LibraryImport(Library)] internal static partial LLVMDbgRecordRef LLVMGetFirstDbgRecord(LLVMValueRef instruction);
    [LibraryImport(Library)] internal static partial LLVMDbgRecordRef LLVMGetNextDbgRecord(LLVMDbgRecordRef record);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDbgRecordGetDebugLoc(LLVMDbgRecordRef record);
    [LibraryImport(Library)] internal static partial int LLVMDbgRecordGetKind(LLVMDbgRecordRef record);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDbgVariableRecordGetVariable(LLVMDbgRecordRef record);
    [LibraryImport(Library)] internal static partial LLVMValueRef LLVMDbgVariableRecordGetValue(LLVMDbgRecordRef record, uint operand);
    [LibraryImport(Library)] internal static partial LLVMDIBuilderRef LLVMCreateDIBuilder(LLVMModuleRef module);
    [LibraryImport(Library)] internal static partial void LLVMDisposeDIBuilder(LLVMDIBuilderRef builder);
    [LibraryImport(Library)] internal static partial void LLVMDIBuilderFinalize(LLVMDIBuilderRef builder);
    [LibraryImport(Library)] internal static partial byte* LLVMDITypeGetName(LLVMMetadataRef type, out nuint length);
    [LibraryImport(Library)] internal static partial ulong LLVMDITypeGetSizeInBits(LLVMMetadataRef type);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIBuilderCreateBasicType(LLVMDIBuilderRef builder, byte* name, nuint nameLength, ulong sizeInBits, uint encoding, int flags);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIBuilderCreateFile(LLVMDIBuilderRef builder, byte* name, nuint nameLength, byte* directory, nuint directoryLength);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIBuilderCreateCompileUnit(LLVMDIBuilderRef builder, int language, LLVMMetadataRef file, byte* producer, nuint producerLength, int optimized, byte* flags, nuint flagsLength, uint runtimeVersion, byte* splitName, nuint splitNameLength, int emissionKind, uint dwoId, int splitInlining, int forProfiling, byte* sysRoot, nuint sysRootLength, byte* sdk, nuint sdkLength);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIBuilderCreateFunction(LLVMDIBuilderRef builder, LLVMMetadataRef scope, byte* name, nuint nameLength, byte* linkageName, nuint linkageNameLength, LLVMMetadataRef file, uint line, LLVMMetadataRef type, int isLocal, int isDefinition, uint scopeLine, int flags, int optimized);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIBuilderCreateGlobalVariableExpression(LLVMDIBuilderRef builder, LLVMMetadataRef scope, byte* name, nuint nameLength, byte* linkageName, nuint linkageNameLength, LLVMMetadataRef file, uint line, LLVMMetadataRef type, int isLocal, LLVMMetadataRef expression, LLVMMetadataRef declaration, uint alignInBits);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIBuilderCreateSubroutineType(LLVMDIBuilderRef builder, LLVMMetadataRef file, LLVMMetadataRef* types, uint count, int flags);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIBuilderCreatePointerType(LLVMDIBuilderRef builder, LLVMMetadataRef pointee, ulong sizeInBits, uint alignInBits, uint addressSpace, byte* name, nuint nameLength);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIBuilderCreateStructType(LLVMDIBuilderRef builder, LLVMMetadataRef scope, byte* name, nuint nameLength, LLVMMetadataRef file, uint line, ulong sizeInBits, uint alignInBits, int flags, LLVMMetadataRef derivedFrom, LLVMMetadataRef* elements, uint count, uint runtimeLanguage, LLVMMetadataRef vtableHolder, byte* uniqueId, nuint uniqueIdLength);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIBuilderCreateUnionType(LLVMDIBuilderRef builder, LLVMMetadataRef scope, byte* name, nuint nameLength, LLVMMetadataRef file, uint line, ulong sizeInBits, uint alignInBits, int flags, LLVMMetadataRef* elements, uint count, uint runtimeLanguage, byte* uniqueId, nuint uniqueIdLength);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIBuilderCreateEnumerationType(LLVMDIBuilderRef builder, LLVMMetadataRef scope, byte* name, nuint nameLength, LLVMMetadataRef file, uint line, ulong sizeInBits, uint alignInBits, LLVMMetadataRef* elements, uint count, LLVMMetadataRef underlyingType);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMDIBuilderCreateDebugLocation(LLVMContextRef context, uint line, uint column, LLVMMetadataRef scope, LLVMMetadataRef inlinedAt);
    [LibraryImport(Library)] internal static partial void* LLVMGlobalCopyAllMetadata(LLVMValueRef global, out nuint count);
    [LibraryImport(Library)] internal static partial uint LLVMValueMetadataEntriesGetKind(void* entries, uint index);
    [LibraryImport(Library)] internal static partial LLVMMetadataRef LLVMValueMetadataEntriesGetMetadata(void* entries, uint index);
    [LibraryImport(Library)] internal static partial void LLVMDisposeValueMetadataEntries(void* entries);
    [LibraryImport(Library)] internal static partial void LLVMGlobalEraseMetadata(LLVMValueRef global, uint kind);
    [LibraryImport(Library)] internal static partial void LLVMGlobalSetMetadata(LLVMValueRef global, uint kind, LLVMMetadataRef metadata);

    // Passes and code generation.
    [LibraryImport(Library)] internal static partial void LLVMInitializeBPFTargetInfo();
    [LibraryImport(Library)] internal static partial void LLVMInitializeBPFTarget();
    [LibraryImport(Library)] internal static partial void LLVMInitializeBPFTargetMC();
    [LibraryImport(Library)] internal static partial void LLVMInitializeBPFAsmPrinter();
    [LibraryImport(Library)] internal static partial void LLVMInitializeBPFAsmParser();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int LLVMGetTargetFromTriple(string triple, out LLVMTargetRef target, out byte* message);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMTargetMachineRef LLVMCreateTargetMachine(LLVMTargetRef target, string triple, string cpu, string features, int level, LLVMRelocMode relocation, LLVMCodeModel codeModel);
    [LibraryImport(Library)] internal static partial void LLVMDisposeTargetMachine(LLVMTargetMachineRef machine);
    [LibraryImport(Library)] internal static partial LLVMTargetDataRef LLVMCreateTargetDataLayout(LLVMTargetMachineRef machine);
    [LibraryImport(Library)] internal static partial void LLVMDisposeTargetData(LLVMTargetDataRef layout);
    [LibraryImport(Library)] internal static partial int LLVMTargetMachineEmitToMemoryBuffer(LLVMTargetMachineRef machine, LLVMModuleRef module, LLVMCodeGenFileType fileType, out byte* message, out LLVMMemoryBufferRef buffer);
    [LibraryImport(Library)] internal static partial LLVMPassBuilderOptionsRef LLVMCreatePassBuilderOptions();
    [LibraryImport(Library)] internal static partial void LLVMDisposePassBuilderOptions(LLVMPassBuilderOptionsRef options);
    [LibraryImport(Library)] internal static partial void LLVMPassBuilderOptionsSetLoopVectorization(LLVMPassBuilderOptionsRef options, int enabled);
    [LibraryImport(Library)] internal static partial void LLVMPassBuilderOptionsSetLoopUnrolling(LLVMPassBuilderOptionsRef options, int enabled);
    [LibraryImport(Library)] internal static partial void LLVMPassBuilderOptionsSetSLPVectorization(LLVMPassBuilderOptionsRef options, int enabled);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMErrorRef LLVMRunPasses(LLVMModuleRef module, string passes, LLVMTargetMachineRef machine, LLVMPassBuilderOptionsRef options);

    // Disassembly.
    [LibraryImport(Library)] internal static partial void LLVMInitializeBPFDisassembler();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial LLVMDisasmContextRef LLVMCreateDisasmCPUFeatures(string triple, string cpu, string features, nint state, int tagType, nint operandInfo, nint symbolLookup);
    [LibraryImport(Library)] internal static partial nuint LLVMDisasmInstruction(LLVMDisasmContextRef context, byte* bytes, ulong size, ulong address, byte* text, nuint textSize);
    [LibraryImport(Library)] internal static partial void LLVMDisasmDispose(LLVMDisasmContextRef context);
}
