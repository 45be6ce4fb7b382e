namespace NJepa.Models;

/// <summary>Why the native runtime, or the device asked for, cannot be used.</summary>
public enum NativeRuntimeCause
{
    /// <summary>None of the causes below could be made out; <see cref="NativeRuntimeException.LoaderMessages"/> has what the system said.</summary>
    Unknown = 0,

    /// <summary>There are no TorchSharp libraries for this operating system or processor.</summary>
    UnsupportedPlatform = 1,

    /// <summary>TorchSharp's own native library is not beside the program, usually because it was built for another platform.</summary>
    TorchSharpLibraryMissing = 2,

    /// <summary>No backend: libtorch is not there, or only part of it. The program needs a package such as <c>TorchSharp-cpu</c>.</summary>
    BackendMissing = 3,

    /// <summary>A system library, as a rule libstdc++ or the C library, is older than the native libraries need.</summary>
    SystemLibraryTooOld = 4,

    /// <summary>A library that the system should provide is not installed.</summary>
    SystemLibraryMissing = 5,

    /// <summary>A library beside the program is made for another processor or damaged.</summary>
    UnreadableLibrary = 6,

    /// <summary>The libtorch that was found is not of the version that TorchSharp was made for.</summary>
    BackendVersionMismatch = 7,

    /// <summary>CUDA was asked for, and the backend in use is the CPU's.</summary>
    CudaBackendMissing = 8,

    /// <summary>CUDA was asked for, its backend is in use, and the device is not there or cannot be used.</summary>
    CudaDeviceMissing = 9,
}
