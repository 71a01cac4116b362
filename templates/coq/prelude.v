(* What is the same for every network: products of matrices, what each of them does to a small change,
   and how a change is handed back. Proved here, from nothing but the algebra of mathcomp. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring zify.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory. Local Open Scope ring_scope.
Section Prelude.
Variable R : fieldType.
(* element by element: product, quotient, power; the diagonal matrix of a column, and its way back *)
Definition had n m (A B : 'M[R]_(n, m)) : 'M[R]_(n, m) := \matrix_(i, j) (A i j * B i j).
Definition quo n m (A B : 'M[R]_(n, m)) : 'M[R]_(n, m) := \matrix_(i, j) (A i j / B i j).
Definition dg n (a : 'cV[R]_n) : 'M[R]_n := \matrix_(i, j) (a i 0 *+ (i == j)).
Definition gd n (A : 'M[R]_n) : 'cV[R]_n := \col_i A i i.
(* zeros and ones that pick the block which begins at row o; transposed, they put a block there *)
Definition pick n m (o : nat) : 'M[R]_(n, m) := locked (\matrix_(i, j) (nat_of_ord j == o + i)%N%:R).
(* the sum of all products of entries: frob G X is what a change X does to a number with gradient G *)
Definition frob n m (A B : 'M[R]_(n, m)) : R := \sum_i \sum_j A i j * B i j.
(* what operations do to a change X of one operand, by the rules of the product, the transpose and the
   softmax, whose value is o: do = o X - o (o^T X) *)
Definition mulL n m p (A : 'M[R]_(n, m)) (X : 'M[R]_(m, p)) : 'M[R]_(n, p) := A *m X.
Definition mulR n m p (B : 'M[R]_(m, p)) (X : 'M[R]_(n, m)) : 'M[R]_(n, p) := X *m B.
Definition scaR n m (A : 'M[R]_(n, m)) (X : 'M[R]_1) : 'M[R]_(n, m) := X 0 0 *: A.
Definition trL n m (X : 'M[R]_(n, m)) : 'M[R]_(m, n) := X^T.
Definition dgL n (X : 'cV[R]_n) : 'M[R]_n := dg X.
Definition soft n (o X : 'cV[R]_n) : 'cV[R]_n := locked (had o X - o *m (o^T *m X)).
(* a change at one step only, and at none *)
Definition only (V : zmodType) (k : nat) (X : V) (t : nat) : V := if t == k then X else 0.
Definition never (V : zmodType) (t : nat) : V := 0.

Lemma softE n (o X : 'cV[R]_n) : soft o X = had o X - o *m (o^T *m X). Proof. by rewrite /soft -lock. Qed.
(* entries *)
Lemma outE n m (A : 'cV[R]_n) (B : 'rV[R]_m) i j : (A *m B) i j = A i 0 * B 0 j.
Proof. by rewrite mxE big_ord1. Qed.
Lemma hadE n m (A B : 'M[R]_(n, m)) i j : had A B i j = A i j * B i j. Proof. by rewrite mxE. Qed.
Lemma quoE n m (A B : 'M[R]_(n, m)) i j : quo A B i j = A i j / B i j. Proof. by rewrite mxE. Qed.
Lemma addE n m (A B : 'M[R]_(n, m)) i j : (A + B) i j = A i j + B i j. Proof. by rewrite mxE. Qed.
Lemma oppE n m (A : 'M[R]_(n, m)) i j : (- A) i j = - A i j. Proof. by rewrite mxE. Qed.
Lemma scaE n m c (A : 'M[R]_(n, m)) i j : (c *: A) i j = c * A i j. Proof. by rewrite mxE. Qed.
Lemma conE n m (c : R) i j : (const_mx c : 'M[R]_(n, m)) i j = c. Proof. by rewrite mxE. Qed.
Lemma zerE n m i j : (0 : 'M[R]_(n, m)) i j = 0. Proof. by rewrite mxE. Qed.
Lemma traE n m (A : 'M[R]_(n, m)) i j : A^T i j = A j i. Proof. by rewrite mxE. Qed.
Lemma turnE n m p (A : 'M[R]_(m, n)) (B : 'M[R]_(p, m)) i j : (A^T *m B^T) i j = (B *m A) j i.
Proof. by rewrite -trmx_mul traE. Qed.
Lemma mapE n m (f : R -> R) (A : 'M[R]_(n, m)) i j : map_mx f A i j = f (A i j). Proof. by rewrite mxE. Qed.
Lemma oneE (i j : 'I_1) : (1%:M : 'M[R]_1) i j = 1. Proof. by rewrite !ord1 mxE eqxx. Qed.
(* sums of all products of entries *)
Lemma frobDr n m (A B C : 'M[R]_(n, m)) : frob A (B + C) = frob A B + frob A C.
Proof. by rewrite /frob -big_split; apply: eq_bigr => i _; rewrite -big_split; apply: eq_bigr => j _; rewrite mxE mulrDr. Qed.
Lemma frobC n m (A B : 'M[R]_(n, m)) : frob A B = frob B A.
Proof. by apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite mulrC. Qed.
Lemma frobDl n m (A B C : 'M[R]_(n, m)) : frob (A + B) C = frob A C + frob B C.
Proof. by rewrite frobC frobDr frobC [X in _ + X]frobC. Qed.
Lemma frob0r n m (A : 'M[R]_(n, m)) : frob A 0 = 0.
Proof. by rewrite /frob big1 // => i _; rewrite big1 // => j _; rewrite mxE mulr0. Qed.
Lemma frob0l n m (A : 'M[R]_(n, m)) : frob 0 A = 0. Proof. by rewrite frobC frob0r. Qed.
Lemma frob_suml n m (T : nat) (F : 'I_T -> 'M[R]_(n, m)) X : frob (\sum_t F t) X = \sum_t frob (F t) X.
Proof. by elim/big_rec2: _ => [|i a b _ <-]; rewrite ?frob0l ?frobDl. Qed.
Lemma frobZ n m (A : 'M[R]_(n, m)) c X : frob A (c *: X) = frob (c *: A) X.
Proof. by apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite !mxE mulrCA mulrA. Qed.
Lemma frobN n m (A X : 'M[R]_(n, m)) : frob A (- X) = frob (- A) X.
Proof. by apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite !mxE mulrN mulNr. Qed.
Lemma frob_had n m (A B X : 'M[R]_(n, m)) : frob A (had B X) = frob (had B A) X.
Proof. by apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite !mxE mulrCA mulrA. Qed.
Lemma frob_quo n m (A B X : 'M[R]_(n, m)) : frob A (quo X B) = frob (quo A B) X.
Proof. by apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite !mxE mulrA mulrAC. Qed.
Lemma frob_trL n m (A : 'M[R]_(n, m)) X : frob A (trL X) = frob A^T X.
Proof. by rewrite /frob exchange_big; apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite !mxE. Qed.
Lemma frob_mulL n m p (G : 'M[R]_(n, p)) (A : 'M[R]_(n, m)) X : frob G (mulL A X) = frob (A^T *m G) X.
Proof.
have E : frob G (mulL A X) = \sum_i \sum_j \sum_k G i j * (A i k * X k j).
  by apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite mxE mulr_sumr.
have -> : frob (A^T *m G) X = \sum_k \sum_j \sum_i G i j * (A i k * X k j).
  apply: eq_bigr => k _; apply: eq_bigr => j _; rewrite mxE mulr_suml; apply: eq_bigr => i _.
  by rewrite mxE mulrA [A i k * _]mulrC.
rewrite E exchange_big [RHS]exchange_big; apply: eq_bigr => j _; exact: exchange_big.
Qed.
Lemma frob_mulR n m p (G : 'M[R]_(n, p)) (B : 'M[R]_(m, p)) X : frob G (mulR B X) = frob (G *m B^T) X.
Proof.
have -> : mulR B X = trL (mulL B^T X^T) by rewrite /mulR /trL /mulL trmx_mul !trmxK.
by rewrite frob_trL frob_mulL -/(trL X) frob_trL trmx_mul !trmxK.
Qed.
Lemma frob_scaR n m (G A : 'M[R]_(n, m)) X : frob G (scaR A X) = frob (const_mx (frob G A)) X.
Proof.
rewrite /scaR frobZ [RHS]/frob !big_ord1 !mxE mulr_suml; apply: eq_bigr => i _.
by rewrite mulr_suml; apply: eq_bigr => j _; rewrite scaE; ring.
Qed.
Lemma frob_dgL n (G : 'M[R]_n) X : frob G (dgL X) = frob (gd G) X.
Proof.
apply: eq_bigr => i _; rewrite big_ord1 (bigD1 i) //= big1 => [|j ne]; rewrite !mxE ?eqxx ?addr0 //.
by rewrite eq_sym (negPf ne) mulr0.
Qed.
Lemma frob_soft n (G o X : 'cV[R]_n) : frob G (soft o X) = frob (soft o G) X.
Proof.
rewrite !softE frobDr frob_had frobN -[o *m (_ *m X)]/(mulL o (mulL o^T X)) !frob_mulL trmxK.
by rewrite !mulmxN -frobDl.
Qed.
Lemma frob_col n (a b : 'cV[R]_n) : frob a b = (a^T *m b) 0 0.
Proof. by rewrite mxE; apply: eq_bigr => i _; rewrite big_ord1 mxE. Qed.
Lemma frob_row n (a b : 'cV[R]_n) : frob a b = (b^T *m a) 0 0.
Proof. by rewrite frobC frob_col. Qed.
Lemma frob_out n m (G : 'M[R]_(n, m)) (a : 'cV[R]_n) (b : 'cV[R]_m) :
  frob G (a *m b^T) = (a^T *m (G *m b)) 0 0.
Proof.
rewrite mxE; apply: eq_bigr => i _; rewrite traE [(G *m b) _ _]mxE mulr_sumr; apply: eq_bigr => j _.
by rewrite outE traE mulrCA.
Qed.
(* the sum of all entries, as a row of ones before and a column of ones behind *)
Lemma frob_sum n m (A B : 'M[R]_(n, m)) :
  (const_mx 1 : 'rV[R]_n) *m (had A B *m (const_mx 1 : 'cV[R]_m)) = const_mx (frob A B).
Proof.
apply/matrixP => i j; rewrite !mxE; apply: eq_bigr => k _; rewrite !mxE mul1r; apply: eq_bigr => l _.
by rewrite !mxE mulr1.
Qed.
Lemma con1 (A : 'M[R]_1) : const_mx (A 0 0) = A.
Proof. by apply/matrixP => i j; rewrite !mxE !ord1. Qed.
(* a gradient is unique, as a change of one entry tells that entry *)
Lemma frob_delta n m (C : 'M[R]_(n, m)) i j : frob C (delta_mx i j) = C i j.
Proof.
rewrite /frob (bigD1 i) //= (bigD1 j) //= mxE !eqxx mulr1 !big1 ?addr0 // => [k ne|k ne].
  by apply: big1 => l _; rewrite mxE (negPf ne) mulr0.
by rewrite mxE (negPf ne) andbF mulr0.
Qed.
Lemma frob_unique n m (A B : 'M[R]_(n, m)) : (forall X, frob A X = frob B X) -> A = B.
Proof.
by move=> H; apply/matrixP => i j; rewrite -!frob_delta H.
Qed.
(* a change at one step, or at none, summed over the steps *)
Lemma frob_only n m (T k : nat) (lt : (k < T)%N) (F : 'I_T -> 'M[R]_(n, m)) X :
  \sum_(t < T) frob (F t) (only k.+1 X t.+1) = frob (F (Ordinal lt)) X.
Proof.
rewrite (bigD1 (Ordinal lt)) //= /only eqxx big1 ?addr0 // => t ne.
by rewrite eqSS; case: eqP => [e|_]; rewrite ?frob0r //; case/eqP: ne; exact: val_inj.
Qed.
Lemma frob_never n m (T : nat) (F : 'I_T -> 'M[R]_(n, m)) : \sum_(t < T) frob (F t) (never _ t.+1) = 0.
Proof. by apply: big1 => t _; exact: frob0r. Qed.
(* sums *)
Lemma addE2 (a b c d : R) : a = b -> c = d -> a + c = b + d. Proof. by move=> -> ->. Qed.
Lemma first0 (a b c : R) : a = 0 -> b = c -> a + b = c. Proof. by move=> -> ->; rewrite add0r. Qed.
Lemma last0 (a b c : R) : a = c -> b = 0 -> a + b = c. Proof. by move=> -> ->; rewrite addr0. Qed.
Lemma combined (a b p q r s : R) : a - b = (p - q) - (r - s) -> p = q -> r = s -> a = b.
Proof. by move=> E pq rs; apply/eqP; rewrite -subr_eq0 E pq rs !subrr. Qed.
(* a sum that arrives goes on by its terms *)
Lemma softD n (o A B : 'cV[R]_n) : soft o (A + B) = soft o A + soft o B.
Proof. by rewrite !softE !mulmxDr; apply/matrixP => i j; rewrite !(hadE, addE, oppE); ring. Qed.
Lemma sigmD n (o A B : 'cV[R]_n) : had (had o (const_mx 1 + - o)) (A + B) =
  had (had o (const_mx 1 + - o)) A + had (had o (const_mx 1 + - o)) B.
Proof. by apply/matrixP => i j; rewrite !(hadE, addE); ring. Qed.
(* of a loss with the weight w, w (o - y) arrives at the logits: cross-entropy after a softmax, where targets
   add up to one, cross-entropy of each output after a sigmoid, and half the square *)
Lemma residual n (o y : 'cV[R]_n) (w : 'M[R]_1) : (forall i, o i 0 != 0) -> \sum_i y i 0 = 1 ->
  soft o (quo (y *m (- w)) o) = w 0 0 *: (o - y).
Proof.
move=> nz one; have E : o^T *m quo (y *m (- w)) o = const_mx (- w 0 0).
  apply/matrixP => i j; rewrite mxE [RHS]mxE -[RHS]mul1r -[in RHS]one mulr_suml; apply: eq_bigr => k _.
  by rewrite traE quoE outE !ord1 oppE mulrCA divff ?mulr1.
rewrite softE E; apply/matrixP => i j; rewrite !ord1 scaE !addE !oppE hadE quoE !outE conE oppE.
by rewrite mulrCA divff // mulr1; ring.
Qed.
Lemma residual_sigmoid n (o y : 'cV[R]_n) (w : 'M[R]_1) :
  (forall i, o i 0 != 0) -> (forall i, 1 - o i 0 != 0) ->
  had (had o (const_mx 1 + - o))
    (quo (y *m (- w)) o + - quo ((const_mx 1 + - y) *m (- w)) (const_mx 1 + - o)) = w 0 0 *: (o - y).
Proof.
move=> nz nz1; apply/matrixP => i j; rewrite !ord1 scaE !hadE !addE !oppE !quoE !outE !addE !oppE !conE.
by field; rewrite nz nz1.
Qed.
Lemma residual_square n (a : 'cV[R]_n) (w : 'M[R]_1) : 2%:R != 0 :> R ->
  (((1%:R / 2%:R) *: w) *m a^T)^T + a *m ((1%:R / 2%:R) *: w) = w 0 0 *: a.
Proof.
by move=> nz; apply/matrixP => i j; rewrite !ord1 !addE traE !outE !scaE traE; field.
Qed.
(* transposes *)
Lemma traD n m (A B : 'M[R]_(n, m)) : (A + B)^T = A^T + B^T. Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
Lemma traN n m (A : 'M[R]_(n, m)) : (- A)^T = - A^T. Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
Lemma traZ n m c (A : 'M[R]_(n, m)) : (c *: A)^T = c *: A^T. Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
Lemma traC n m (c : R) : (const_mx c : 'M[R]_(n, m))^T = const_mx c. Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
Lemma scaN n m c (A : 'M[R]_(n, m)) : c *: (- A) = - (c *: A). Proof. exact: scalerN. Qed.
Lemma scaA n m c d (A : 'M[R]_(n, m)) : c *: (d *: A) = (c * d) *: A. Proof. exact: scalerA. Qed.
Lemma hadZ n m c (A B : 'M[R]_(n, m)) : had A (c *: B) = c *: had A B.
Proof. by apply/matrixP => i j; rewrite !mxE mulrCA. Qed.
Lemma hadY n m c (A B : 'M[R]_(n, m)) : had (c *: A) B = c *: had A B.
Proof. by apply/matrixP => i j; rewrite !mxE mulrA. Qed.
Lemma tra1 (A : 'M[R]_1) : A^T = A. Proof. by apply/matrixP => i j; rewrite mxE !ord1. Qed.
(* in the words of a field, as terms are compared by these *)
Lemma traM n m p (A : 'M[R]_(n, m)) (B : 'M[R]_(m, p)) : (A *m B)^T = B^T *m A^T. Proof. exact: trmx_mul. Qed.
Lemma scaL n m p c (A : 'M[R]_(n, m)) (B : 'M[R]_(m, p)) : (c *: A) *m B = c *: (A *m B).
Proof. by rewrite scalemxAl. Qed.
Lemma scaR2 n m p c (A : 'M[R]_(n, m)) (B : 'M[R]_(m, p)) : A *m (c *: B) = c *: (A *m B).
Proof. by rewrite scalemxAr. Qed.
(* zeros *)
Lemma had0x n m (A : 'M[R]_(n, m)) : had A 0 = 0. Proof. by apply/matrixP => i j; rewrite hadE !mxE mulr0. Qed.
Lemma quo0x n m (A : 'M[R]_(n, m)) : quo 0 A = 0. Proof. by apply/matrixP => i j; rewrite quoE !mxE mul0r. Qed.
Lemma soft0 n (o : 'cV[R]_n) : soft o 0 = 0. Proof. by rewrite softE had0x !mulmx0 subr0. Qed.
Lemma con0 n m : const_mx 0 = 0 :> 'M[R]_(n, m). Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
Lemma gd0 n : gd (0 : 'M[R]_n) = 0. Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
(* diagonal matrices *)
Lemma dgM n m (a : 'cV[R]_n) (X : 'M[R]_(n, m)) : dg a *m X = \matrix_(i, j) (a i 0 * X i j).
Proof.
apply/matrixP => i j; rewrite !mxE (bigD1 i) //= big1 => [|k ne]; rewrite mxE ?eqxx ?addr0 //.
by rewrite eq_sym (negPf ne) mul0r.
Qed.
Lemma dgE n m (a : 'cV[R]_n) (X : 'M[R]_(n, m)) i j : (dg a *m X) i j = a i 0 * X i j.
Proof. by rewrite dgM mxE. Qed.
Lemma dgc n (a X : 'cV[R]_n) : dg a *m X = had a X.
Proof. by rewrite dgM; apply/matrixP => i j; rewrite !mxE !ord1. Qed.
Lemma dgT n (a : 'cV[R]_n) : (dg a)^T = dg a.
Proof. by apply/matrixP => i j; rewrite !mxE eq_sym; case: eqP => // ->. Qed.
(* a block that is picked where it was put is itself, and elsewhere there is none of it *)
Lemma pickE n m o i j : pick n m o i j = (nat_of_ord j == o + i)%N%:R.
Proof. by rewrite /pick -lock mxE. Qed.
Lemma pick_same n m p o (X : 'M[R]_(n, p)) : (o + n <= m)%N -> pick n m o *m ((pick n m o)^T *m X) = X.
Proof.
move=> le; rewrite mulmxA (_ : _ *m _ = 1%:M) ?mul1mx //; apply/matrixP => i j; rewrite mxE.
have lt : (o + i < m)%N by have := ltn_ord i; lia.
rewrite (bigD1 (Ordinal lt)) //= big1 => [|k ne]; rewrite ?mxE ?pickE /=.
  by rewrite eqxx mul1r addr0 eqn_add2l.
rewrite (_ : (nat_of_ord k == o + i)%N = false) ?mul0r //.
by apply/negP => /eqP e; case/eqP: ne; apply: val_inj.
Qed.
Lemma pick_other n q m p o r (X : 'M[R]_(q, p)) : (o + n <= r)%N || (r + q <= o)%N ->
  pick n m o *m ((pick q m r)^T *m X) = 0.
Proof.
move=> apart; rewrite mulmxA (_ : pick n m o *m (pick q m r)^T = 0) ?mul0mx //; apply/matrixP => i j; rewrite !mxE.
apply: big1 => k _; rewrite mxE !pickE -natrM mulnb (_ : _ && _ = false) //.
apply/negP => /andP[/eqP e /eqP f]; have := ltn_ord i; have := ltn_ord j; move: e f apart; lia.
Qed.
(* what changes nothing, in the words for changes *)
Lemma mulL0 n m p (A : 'M[R]_(n, m)) : mulL A (0 : 'M[R]_(m, p)) = 0. Proof. exact: mulmx0. Qed.
Lemma mulR0 n m p (B : 'M[R]_(m, p)) : mulR B (0 : 'M[R]_(n, m)) = 0. Proof. exact: mul0mx. Qed.
Lemma scaR0 n m (A : 'M[R]_(n, m)) : scaR A 0 = 0. Proof. by rewrite /scaR mxE scale0r. Qed.
Lemma trL0 n m : trL (0 : 'M[R]_(n, m)) = 0. Proof. exact: trmx0. Qed.
Lemma dgL0 n : dgL (0 : 'cV[R]_n) = 0. Proof. by apply/matrixP => i j; rewrite !mxE mul0rn. Qed.
Lemma hadNr n m (A B : 'M[R]_(n, m)) : had A (- B) = - had A B.
Proof. by apply/matrixP => i j; rewrite !(hadE, oppE) mulrN. Qed.
Lemma hadDr n m (A B C : 'M[R]_(n, m)) : had A (B + C) = had A B + had A C.
Proof. by apply/matrixP => i j; rewrite !(hadE, addE) mulrDr. Qed.
Lemma quoDl n m (A B C : 'M[R]_(n, m)) : quo (A + B) C = quo A C + quo B C.
Proof. by apply/matrixP => i j; rewrite !(quoE, addE) mulrDl. Qed.
Lemma dgD n (a b : 'cV[R]_n) : dg (a + b) = dg a + dg b.
Proof. by apply/matrixP => i j; rewrite !mxE mulrnDl. Qed.
Lemma dg0 n : dg (0 : 'cV[R]_n) = 0. Proof. by apply/matrixP => i j; rewrite !mxE mul0rn. Qed.
(* the product J_t ... J_{k+1}, the largest step leftmost, and 1 where there is no step between *)
Section Products.
Variables (n : nat) (J : nat -> 'M[R]_n).
Fixpoint prodJ (t k : nat) : 'M[R]_n :=
  if t is t'.+1 then if (k <= t')%N then J t *m prodJ t' k else 1%:M else 1%:M.
Lemma prodJ0 t : prodJ t t = 1%:M. Proof. by case: t => //= t; rewrite ltnn. Qed.
Lemma prodJS t k : (k <= t)%N -> prodJ t.+1 k = J t.+1 *m prodJ t k. Proof. by move=> /= ->. Qed.
(* what comes in at one step is handed on by the product *)
Lemma one_push (x i : nat -> 'cV[R]_n) k : (forall t, x t.+1 = J t.+1 *m x t + i t) -> x 0%N = 0 ->
  (forall j, j != k -> i j = 0) -> forall t, x t.+1 = if (k <= t)%N then prodJ t.+1 k.+1 *m i k else 0.
Proof.
move=> S x0 no; elim=> [|t IH]; rewrite S.
  rewrite x0 mulmx0 add0r; case: k no => [|k] no; last by rewrite no.
  by rewrite prodJ0 mul1mx.
rewrite IH; have [lt|gt] := leqP k t.
  rewrite (leqW lt) (no t.+1); last by rewrite neq_ltn ltnS lt orbT.
  by rewrite addr0 (@prodJS t.+1 k.+1) ?mulmxA.
rewrite mulmx0 add0r; have [e|ne] := eqVneq t.+1 k; first by rewrite -e leqnn prodJ0 mul1mx.
by rewrite no // leqNgt ltn_neqAle ne gt.
Qed.
End Products.
Lemma sum_from k T (f : nat -> R) : (k <= T)%N -> (forall t, (t < k)%N -> f t = 0) ->
  \sum_(t < T) f t = \sum_(k <= t < T) f t.
Proof.
move=> le no; rewrite -(big_mkord xpredT f) (@big_cat_nat _ _ _ k) //= big_nat big1 ?add0r //.
Qed.
Lemma frob_sumn n m k T (F : nat -> 'M[R]_(n, m)) X :
  frob (\sum_(k <= t < T) F t) X = \sum_(k <= t < T) frob (F t) X.
Proof. by elim/big_rec2: _ => [|i a b _ <-]; rewrite ?frob0l ?frobDl. Qed.
(* a block by block product of entries *)
Lemma frob_same n m p o (A X : 'M[R]_(n, p)) : (o + n <= m)%N ->
  frob (mulL (pick n m o)^T A) (mulL (pick n m o)^T X) = frob A X.
Proof. by move=> le; rewrite frob_mulL trmxK /mulL pick_same. Qed.
Lemma frob_other n q m p o r (A : 'M[R]_(n, p)) (X : 'M[R]_(q, p)) : (o + n <= r)%N || (r + q <= o)%N ->
  frob (mulL (pick n m o)^T A) (mulL (pick q m r)^T X) = 0.
Proof.
move=> apart; rewrite frob_mulL trmxK /mulL pick_other ?frob0l // orbC; exact: apart.
Qed.
End Prelude.
Definition entryE := (dgE, hadE, quoE, addE, oppE, scaE, conE, zerE, mapE, oneE, outE, traE).
Ltac turned := rewrite ?(trmxK, traM, traD, traN, traZ, traC, trmx1, dgT, tra1).
(* what arrives at the change of each operand *)
Ltac flow := rewrite ?(frobDr, frobN, frobZ, frob_had, frob_quo, frob_mulL, frob_mulR, frob_scaR, frob_trL, frob_dgL, frob_soft); turned.
Ltac tidy := rewrite ?(scaL, scaR2, mulNmx, mulmxN, scaN, scaA) -?mulmxA.
Ltac push := turned; rewrite ?(dgc, mulmxDr, mulmxN, mulmxDl, mulNmx, mulmx1, mul1mx, softD, scaL, scaR2, hadZ, hadY).
Ltac entries := apply/matrixP => ? ?; rewrite ?entryE ?ord1 ?expr2 ?invfM.
Ltac align := repeat match goal with |- context [?A *m ?X] => match goal with |- context [A *m ?Y] =>
  lazymatch X with Y => fail | _ => let E := fresh "E" in (have E : X = Y by entries; ring); rewrite {}E end end end.
(* numbers by which is divided are not 0, as is assumed of them; of other inverses nothing is asked *)
Ltac supposed x := lazymatch x with ?p%:R => match goal with H : is_true (p%:R != 0) |- _ => idtac end end.
Ltac divided := match goal with H : is_true (_%:R != 0) |- _ => idtac end; repeat match goal with |- context [GRing.inv ?x] =>
  tryif supposed x then fail else (generalize (GRing.inv x); intro) end;
  field; repeat (apply/andP; split); assumption.
Ltac compared := push; push; rewrite -?mulmxA; entries; first [ring | align; ring | reflexivity | rewrite ?turnE ?ord1; first [ring | reflexivity] | divided].
(* a number that two columns make is written in one of two orders *)
Ltac same := push; rewrite ?softE ?frob_out ?frob_sum; first [rewrite ?frob_col ?con1; compared | rewrite ?frob_row ?con1; compared].
Ltac zeros := rewrite ?(mulmx0, mul0mx, had0x, quo0x, soft0, trmx0, gd0, frob0l, scaler0, oppr0, addr0, con0); rewrite ?(mulmx0, mul0mx, had0x, quo0x, soft0, trmx0, gd0, frob0l, scaler0, oppr0, addr0, con0) //.
(* what one step does to a change of the states, and blocks in their places *)
Ltac bare := rewrite ?/mulL ?/mulR ?/trL ?/dgL ?/scaR.
Ltac emptied := do 4 rewrite ?(mulmx0, mul0mx, had0x, quo0x, soft0, trmx0, gd0, dg0, scaler0, scale0r, oppr0, addr0, add0r, con0, mulL0, mulR0, scaR0, trL0, dgL0).
Ltac signed := rewrite ?softE; do 3 (push; rewrite ?hadNr); same.
Ltac stepped := bare; emptied; signed.
Ltac gridded := bare; rewrite ?(mulmxDl, mulmxDr, mul0mx, mulmx0, addr0, add0r) -?mulmxA; repeat (rewrite pick_same; [|lia]); repeat (rewrite pick_other; [|lia]); rewrite ?(mulmx0, addr0, add0r) ?addrA //.
Ltac linear := bare; do 3 rewrite ?(mulmxDr, mulmxDl, hadDr, quoDl, softD, dgD, traD, scalerDr, opprD); emptied; entries; ring.
Ltac placed := rewrite ?(frobDl, frobDr, mulL0, frob0l, frob0r); repeat (rewrite frob_same; [|lia]); repeat (rewrite frob_other; [|lia]); rewrite ?(addr0, add0r) //.
Ltac nothing := rewrite /never ?(frob0r, addr0) //.
