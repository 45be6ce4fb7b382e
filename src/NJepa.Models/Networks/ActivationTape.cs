using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// A chain of network parts that keeps only what goes into each part. Its backward pass computes every part once more before differentiating it: less memory, more time.
/// Values and gradients are those of the plain chain.
/// </summary>
/// <remarks>
/// It is no part of the autograd graph: the chain ends in a leaf, and <see cref="Backward"/> goes on from the gradient that has arrived there. Its tensors belong to the dispose scope
/// that it is made with, whichever scopes are opened within, until <see cref="MoveToOuterDisposeScope"/> hands them on.
/// </remarks>
internal sealed class ActivationTape(DisposeScope scope)
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

        tape._parts.Add((part, tape.Keep(input.alias())));
        using IDisposable noGradient = no_grad();
        return part(input);
    }

    /// <summary>Ends the chain: what follows reads a leaf, which collects its gradient.</summary>
    /// <param name="tape">Null returns the output.</param>
    /// <param name="output">What the last part returned, as it is: its gradient goes back into that part.</param>
    public static Tensor End(ActivationTape? tape, Tensor output)
    {
        if (tape is null)
        {
            return output;
        }

        tape._end = tape.Keep(output.detach().requires_grad_(true));
        return tape._end.alias();
    }

    /// <summary>Differentiates the chain from the gradient that has reached its end; parameters and the first input receive theirs.</summary>
    public void Backward()
    {
        using DisposeScope backwardScope = NewDisposeScope();
        Tensor? gradient = _end?.grad;
        if (gradient is not null)
        {
            // Another loss of the same outputs begins anew, or this one's gradient would be counted again.
            _end!.grad = null;
        }

        for (int i = _parts.Count - 1; i >= 0 && gradient is not null; i--)
        {
            using DisposeScope partScope = NewDisposeScope();
            (Func<Tensor, Tensor> part, Tensor input) = _parts[i];
            Tensor leaf = i == 0 ? input : input.detach().requires_grad_(true);
            using Tensor arrived = gradient;
            part(leaf).backward([arrived]);
            gradient = i == 0 ? null : leaf.grad?.MoveToOuterDisposeScope();
        }
    }

    /// <summary>Hands the tape's tensors to the scope around the one that it was made with.</summary>
    public void MoveToOuterDisposeScope()
    {
        foreach ((_, Tensor input) in _parts)
        {
            input.MoveToOuterDisposeScope();
        }

        _end?.MoveToOuterDisposeScope();
    }

    private Tensor Keep(Tensor tensor)
    {
        scope.Attach(tensor.DetachFromDisposeScope());
        return tensor;
    }
}
