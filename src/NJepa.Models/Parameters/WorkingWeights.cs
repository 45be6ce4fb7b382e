using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// The weights that the networks read: the float32 master itself, or a bfloat16 shadow of it, laid out alike. AdamW changes a weight by less than bfloat16 can tell apart, so only the master
/// is trained; each step ends with one copy. Gradients of one backward pass are bfloat16 and are added to the master's float32 ones: many small ones never meet a coarse sum.
/// </summary>
internal sealed class WorkingWeights : IDisposable
{
    public WorkingWeights(ParameterBuffer master, IReadOnlyList<ParameterSpec> specs, Device device, Precision precision)
    {
        Master = master;
        Used = precision == Precision.BFloat16 ? new ParameterBuffer(specs, device, trainable: master.Gradients is not null, ScalarType.BFloat16) : master;
    }

    public ParameterBuffer Master { get; }

    /// <summary>What the networks are built on.</summary>
    public ParameterBuffer Used { get; }

    private bool IsShadow => !ReferenceEquals(Master, Used);

    /// <summary>Brings the shadow up to date with the master.</summary>
    public void Refresh()
    {
        if (IsShadow)
        {
            using IDisposable noGradient = no_grad();
            using DisposeScope scope = NewDisposeScope();
            Used.Values.copy_(Master.Values);
        }
    }

    /// <summary>Adds what a backward pass left in the shadow's gradients to the master's.</summary>
    public void CollectGradients()
    {
        if (IsShadow)
        {
            using IDisposable noGradient = no_grad();
            using DisposeScope scope = NewDisposeScope();
            Master.Gradients!.AddInPlace(Used.Gradients!);
        }
    }

    /// <summary>Clears the shadow's gradients for a backward pass, whatever is in them: those of the last one, of one that failed, or of a plain <c>loss.backward()</c>.</summary>
    public void BeginGradients()
    {
        if (IsShadow)
        {
            Used.ZeroGradients();
        }
    }

    public void Dispose()
    {
        if (IsShadow)
        {
            Used.Dispose();
        }
    }
}
