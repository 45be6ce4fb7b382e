using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// A chain of network parts that keeps only what goes into each part. Its backward pass computes every part once more before differentiating it: less memory, more time.
/// Values and gradients are those of the plain chain.
/// </summary>
/// <remarks>
/// It is no part of the autograd graph: the chain ends in a leaf, and <see cref="Backward"/> goes on from the gradient that has arrived there. Its tensors belong to the dispose scope
/// that <see cref="MoveToOuterDisposeScope"/> hands them to.
/// </remarks>
internal sealed class ActivationTape
{
    private readonly List<(Func<Tensor, Tensor> Part, Tensor Input)> _parts = [];
    private Tensor? _end;

    /// <summary>Runs a part of a network, on the tape where there is one.</summary>
    /// <param name="tape">Null computes the part as usual.</param>
    /// <param name="input">The first part's input (a leaf whose gradient is wanted, or a tensor without one), or what the call before returned.</param>
    /// <param name="part">A function of its input and of parameters.</param>
    public static Tensor Run(ActivationTape? tape, Tensor input, Func<Tensor, Tensor> part)
    {
        if (tape is null)
        {
            return part(input);
        }

        tape._parts.Add((part, input.alias().DetachFromDisposeScope()));
        using IDisposable noGradient = no_grad();
        return part(input);
    }

    /// <summary>Ends the chain: what follows reads a leaf, which collects its gradient.</summary>
    public static Tensor End(ActivationTape? tape, Tensor output)
    {
        if (tape is null)
        {
            return output;
        }

        tape._end = output.detach().requires_grad_(true).DetachFromDisposeScope();
        return tape._end.alias();
    }

    /// <summary>Differentiates the chain from the gradient that has reached its end; parameters and the first input receive theirs.</summary>
    public void Backward()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor? gradient = _end?.grad;
        for (int i = _parts.Count - 1; i >= 0 && gradient is not null; i--)
        {
            using DisposeScope partScope = NewDisposeScope();
            (Func<Tensor, Tensor> part, Tensor input) = _parts[i];
            Tensor leaf = i == 0 ? input : input.detach().requires_grad_(true);
            part(leaf).backward([gradient]);
            gradient = i == 0 ? null : leaf.grad?.MoveToOuterDisposeScope();
        }
    }

    /// <summary>Hands the tape's tensors to the scope around <paramref name="scope"/>.</summary>
    public void MoveToOuterDisposeScope(DisposeScope scope)
    {
        foreach ((_, Tensor input) in _parts)
        {
            scope.Attach(input);
            input.MoveToOuterDisposeScope();
        }

        if (_end is not null)
        {
            scope.Attach(_end);
            _end.MoveToOuterDisposeScope();
        }
    }
}
