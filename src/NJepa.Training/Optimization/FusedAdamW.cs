using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>libtorch's fused AdamW kernel, which TorchSharp does not wrap, by way of TorchScript.</summary>
internal static class FusedAdamW
{
    // Lists come from outside: over lists made inside, TorchScript drops the call as dead code. A compile error in TorchScript ends the process: the source is constant and a test runs it.
    private const string Source = """
        def step(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], n: List[Tensor], blocked: Tensor, lr: float, beta1: float, beta2: float, decay: float, eps: float):
            torch._fused_adamw_(p, g, m, v, [], n, lr=lr, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False, found_inf=blocked)
            return p[0]

        """;

    private static readonly Lazy<jit.CompilationUnit> Unit = new(() => jit.compile(Source));

    /// <summary>One step on flat tensors of equal length; <paramref name="stepCount"/> holds the number of the step, counted from 1. Where <paramref name="blocked"/>, a float32 scalar, is 1, the kernel changes nothing.</summary>
    public static void Step(
        Tensor values, Tensor gradients, Tensor first, Tensor second, Tensor stepCount, Tensor blocked, double learningRate, double beta1, double beta2, double weightDecay, double epsilon)
    {
        // The scope frees the handle that TorchScript returns; the tensor behind it is the caller's. Numbers would become scalars that nobody holds (see TensorArithmetic).
        using DisposeScope scope = NewDisposeScope();
        using Scalar rate = learningRate.ToScalar(), momentum = beta1.ToScalar(), scaling = beta2.ToScalar(), decay = weightDecay.ToScalar(), eps = epsilon.ToScalar();
        Unit.Value.invoke<Tensor>("step", (Tensor[])[values], (Tensor[])[gradients], (Tensor[])[first], (Tensor[])[second], (Tensor[])[stepCount], blocked, rate, momentum, scaling, decay, eps);
    }
}
